#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/// How often the calling thread has asked for memory since it began; 0 for ever where a sanitizer has taken
/// the place of the C library's functions.
long allocations_of_this_thread(void);

/// Whether they are counted at all.
int allocations_are_counted(void);

#endif
