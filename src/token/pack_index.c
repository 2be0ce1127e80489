#include "token/pack_index.h"

enum { VERSION = 1, TYPE_INT32 = 4, TYPE_UINT16 = 8 };

static void add_u64(struct cy_writer *writer, uint64_t value)
{
    cy_writer_add(writer, &value, sizeof value); /* little-endian, as this machine is */
}

void cy_megatron_index_write(struct cy_writer *writer, const uint32_t *lengths, size_t count, size_t id_bytes)
{
    const uint8_t type = id_bytes == sizeof(uint16_t) ? TYPE_UINT16 : TYPE_INT32;
    uint64_t offset = 0;
    cy_writer_add(writer, "MMIDIDX\0\0", 9);
    add_u64(writer, VERSION);
    cy_writer_add(writer, &type, sizeof type);
    add_u64(writer, count);
    add_u64(writer, count + 1);
    cy_writer_add(writer, lengths, count * sizeof *lengths);
    for (size_t i = 0; i < count; offset += lengths[i++] * id_bytes)
        add_u64(writer, offset);
    for (size_t i = 0; i <= count; i++)
        add_u64(writer, i);
}
