"""What test programs in Python share: expectations that are counted, and the last line that tests/run reads.

    checks = Checks()

    @checks.group
    def nothing_is_lost():
        checks.equal("status", answer.status, 200)

    checks.main()

A group is a function; what it raises counts as one failure and the next group goes on. main runs the groups whose
names contain one of the command line's words (all without words), prints what failed, then `N passed, N failed`.
"""

import signal
import sys
import time
import traceback


class Checks:
    def __init__(self):
        self.groups = []
        self.passed = 0
        self.failed = 0
        self.current = None

    def group(self, function):
        self.groups.append(function)
        return function

    def _count(self, good, what, detail):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {self.current}: {what}" + (f"\n    {detail}" if detail else ""), flush=True)
        return good

    def true(self, what, good, detail=""):
        """Expects good to be true; detail (text, or a function that makes it) is shown if it is not."""
        if not good and callable(detail):
            detail = detail()
        return self._count(bool(good), what, shorten(str(detail)))

    def equal(self, what, got, wanted):
        return self._count(got == wanted, what, f"got    {shorten(repr(got))}\n    wanted {shorten(repr(wanted))}")

    def one_of(self, what, got, wanted):
        return self._count(got in wanted, what, f"got {shorten(repr(got))}, wanted one of {wanted}")

    def within(self, what, got, least, most):
        return self._count(least <= got <= most, what, f"got {got}, wanted {least} to {most}")

    def main(self):
        wanted = sys.argv[1:]
        # A test that is ended from outside still stops what it has started.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        for function in self.groups:
            name = function.__name__.replace("_", " ")
            if wanted and not any(word in name for word in wanted):
                continue
            self.current = name
            before, start = (self.passed, self.failed), time.monotonic()
            try:
                function()
            except Exception:  # noqa: BLE001 -- whatever it is, it is a failure of this group
                self._count(False, "ended early", shorten(traceback.format_exc(), 3000))
            print(f"  {name}: {self.passed - before[0]} passed, {self.failed - before[1]} failed, "
                  f"{time.monotonic() - start:.1f} s", flush=True)
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


def shorten(text, most=600):
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
