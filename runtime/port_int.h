// What port.c and port_input.c share.
#ifndef KILN_RUNTIME_PORT_INT_H
#define KILN_RUNTIME_PORT_INT_H

#include "runtime/port.h"

enum {
    PORT_BUFFER_SIZE = 64 << 10, // bytes of a file port's buffer, made at its first use
    UTF8_LONGEST = 4,            // bytes of a character
    PORT_MEMORY_SIZE = 256,      // bytes a string or bytevector output port begins with
};

// Make room for at least `more` bytes after end, moving what is unread to the front or growing.
// False with the condition set when memory is short.
[[nodiscard]] bool rt_port_room(VM *vm, Port *port, size_t more);

// After a system call answered EINTR or EAGAIN: 0 to try again, EINTR when the user interrupts.
// events: POLLIN or POLLOUT. vm may be NULL: nobody can interrupt.
int rt_port_retry(VM *vm, int fd, short events, int error);

// io-error "cannot DO: REASON: NAME", or the interrupt.
Value rt_port_fail(VM *vm, const char *what, Value name, int error);

#endif
