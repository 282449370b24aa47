#ifndef CDESCRIPTION_H
#define CDESCRIPTION_H
#include <stddef.h>
#include <stdint.h>

/// The OpenAPI description of the edge, schemas/openapi.json byte for byte, without an end mark.
const uint8_t *description_start(void);
size_t description_length(void);

#endif
