#include "cdescription.h"

// The compiler notes the file as what this one depends on, so that a changed description is built in again.
static const uint8_t bytes[] = {
#embed "../../schemas/openapi.json"
};

const uint8_t *description_start(void) { return bytes; }

size_t description_length(void) { return sizeof bytes; }
