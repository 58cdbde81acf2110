# Talks with a program without regard to how fast anybody is: perl talk.pl COMMAND STEP…
#
# A step is, by its first character:
#     ~TEXT   wait until the program has written TEXT on stdout, behind what was waited for before
#     @FILE   wait until there is such a file
#     %NAME   send the program that signal
#     !       wait for its end; until then its stdin stays open
# and else a line to be sent. Then its stdin ends, and all that it has written on stdout is written here. The status is its own,
# 128 + signal when killed by one.
use strict;
use warnings;
use IPC::Open2;

my ($command, @steps) = @ARGV;
$SIG{PIPE} = 'IGNORE';
# Without a shell: a signal is for the program itself.
my $process = open2(my $from, my $to, split ' ', $command);
my ($text, $place) = ('', 0);

sub more { return sysread $from, $text, 65536, length $text }

for my $step (@steps) {
    my ($kind, $rest) = (substr($step, 0, 1), substr($step, 1));
    if ($kind eq '~') {
        while ((my $at = index $text, $rest, $place) < 0) {
            more() or die "the output ended before $rest:\n$text";
        }
        $place = index($text, $rest, $place) + length $rest;
    } elsif ($kind eq '@') {
        select undef, undef, undef, 0.02 until -e $rest;
    } elsif ($kind eq '%') {
        kill $rest, $process;
    } elsif ($step eq '!') {
        1 while more();
    } else {
        syswrite $to, "$step\n";
    }
}
close $to;
1 while more();
waitpid $process, 0;
print $text;
exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
