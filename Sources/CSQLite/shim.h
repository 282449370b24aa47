#if !__has_include(<sqlite3.h>)
#error "the SQLite headers are missing: apt-get install libsqlite3-dev"
#endif
#include <sqlite3.h>

// The destructor that has SQLite copy what is bound is a cast of -1, which Swift cannot import.
static inline int sqlite_bind_copy(sqlite3_stmt *statement, int place, const void *bytes, int count) {
    return sqlite3_bind_blob(statement, place, bytes, count, SQLITE_TRANSIENT);
}
