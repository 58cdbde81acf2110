// Channels: the two ends of a session with another program.
//
// Duty: getting requests from a descriptor also while one of them is being carried out, and with
// them cancellations; sending replies and what the program writes meanwhile. What the requests mean
// is (kiln session)'s to say.
//
//   input ──scan (request.h)──> queue of requests ──%channel-next──> SX
//                └─ (cancel N) ──> the running one: INTERRUPT_CANCEL; one that is queued: marked
//   SX ──lines──┐
//   program ──ports──> piece ──(out N "…")──> outgoing ──> output
//
// While a request runs (%channel-begin … %channel-end) a timer's signal looks every TICK at the
// descriptors, and if there is something sets INTERRUPT_CHANNEL, so that the next poll, or the
// system call that the signal ended, comes here. Nothing of the program is run here.
//
// A first cancellation raises an interrupt condition as Ctrl-C does. A second one of the same
// request, or the end of the connection, raises it to the handler alone that is in force where the
// request began: no other handler and no winder is asked.
//
// Output is not waited for until more than OUTGOING_MOST bytes lie there.
#ifndef KILN_RUNTIME_CHANNEL_H
#define KILN_RUNTIME_CHANNEL_H

#include "runtime/state.h"

// INTERRUPT_CHANNEL was found: look at the inputs, send what the program has written.
void rt_channels_poll(VM *vm);
// INTERRUPT_CANCEL was found: it is now the pending condition. False: nothing runs any more.
bool rt_channels_cancel(VM *vm);
// At the end of the process: send what is left.
void rt_channels_flush(VM *vm);
void rt_channels_destroy(VM *vm);

#endif
