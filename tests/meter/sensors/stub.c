/* Stand-ins for libnvidia-ml and libamd_smi: they answer from lines "KEY VALUE" of a text file, read at every call. A
   value that begins with ! is an error code. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int find(const char *variable, const char *key, char *value, size_t size) {
    const char *path = getenv(variable);
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[512];
    int found = 0;
    while (file && !found && fgets(line, sizeof line, file)) {
        char *space = strchr(line, ' ');
        if (!space) continue;
        *space = 0;
        if (strcmp(line, key)) continue;
        space[1 + strcspn(space + 1, "\n")] = 0;
        snprintf(value, size, "%s", space + 1);
        found = 1;
    }
    if (file) fclose(file);
    return found;
}

/* 0 and the text, or an error code: the one given, or otherwise `missing` */
static int answer(const char *variable, const char *key, char *value, size_t size, int missing) {
    if (!find(variable, key, value, size)) return missing;
    return value[0] == '!' ? atoi(value + 1) : 0;
}

#define NVML "STUB_NVML"
#define PIECE 0x1000
typedef struct {
    uint32_t fieldId, scopeId;
    int64_t timestamp, latencyUsec;
    int32_t valueType, nvmlReturn;
    union { double d; unsigned u; unsigned long long ull; long long sll; int i; unsigned short us; } value;
} Field;

static int board(void *handle, const char *what, char *value, size_t size, int missing) {
    char key[64];
    snprintf(key, sizeof key, "%d.%s", (int)(intptr_t)handle - 1, what);
    return answer(NVML, key, value, size, missing);
}

static int users;
int stub_users(void) { return users; }
int nvmlInit_v2(void) {
    char v[64];
    int code = answer(NVML, "init", v, sizeof v, 0);
    users += !code;
    return code;
}
int nvmlShutdown(void) { users--; return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) {
    char v[64];
    int code = answer(NVML, "count", v, sizeof v, 9);
    if (!code) *count = (unsigned)atoi(v);
    return code;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) { *handle = (void *)(intptr_t)(index + 1); return 0; }
static int text(void *handle, const char *what, char *out, unsigned length) {
    char v[256];
    int code = board(handle, what, v, sizeof v, 3);
    if (!code) snprintf(out, length, "%s", v);
    return code;
}
int nvmlDeviceGetUUID(void *handle, char *out, unsigned length) { return text(handle, "uuid", out, length); }
int nvmlDeviceGetName(void *handle, char *out, unsigned length) { return text(handle, "name", out, length); }
int nvmlDeviceGetMigMode(void *handle, unsigned *now, unsigned *next) {
    char v[64];
    int code = board(handle, "mig", v, sizeof v, 3);
    if (!code) *now = *next = (unsigned)atoi(v);
    return code;
}
int nvmlDeviceGetC2cModeInfoV(void *handle, unsigned *linked) {
    char v[64];
    int code = board(handle, "c2c", v, sizeof v, 3);
    if (!code) *linked = (unsigned)atoi(v);
    return code;
}
int nvmlDeviceGetArchitecture(void *handle, unsigned *arch) {
    char v[64];
    int code = board(handle, "arch", v, sizeof v, 3);
    if (!code) *arch = (unsigned)strtoul(v, NULL, 0);
    return code;
}
int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *energy) {
    char v[64];
    int code = board(handle, "energy", v, sizeof v, 3);
    if (!code) *energy = strtoull(v, NULL, 10);
    return code;
}
int nvmlDeviceGetPowerUsage(void *handle, unsigned *power) {
    char v[64];
    int code = board(handle, "power", v, sizeof v, 3);
    if (!code) *power = (unsigned)atoi(v);
    return code;
}
int nvmlDeviceGetUtilizationRates(void *handle, unsigned *rates) {
    char v[64];
    int code = board(handle, "busy", v, sizeof v, 3);
    if (!code) rates[0] = (unsigned)atoi(v), rates[1] = 7;
    return code;
}
int nvmlDeviceGetEnforcedPowerLimit(void *handle, unsigned *limit) {
    char v[64];
    int code = board(handle, "limit", v, sizeof v, 3);
    if (!code) *limit = (unsigned)atoi(v);
    return code;
}
int nvmlDeviceGetFieldValues(void *handle, int count, Field *fields) {
    char key[64], v[64];
    if (!find(NVML, "fields", v, sizeof v)) return 13;
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof key, "field.%u.%u", fields[i].fieldId, fields[i].scopeId);
        memset(&fields[i].value, 0xAB, sizeof fields[i].value); /* what is not set is not to be read */
        fields[i].nvmlReturn = board(handle, key, v, sizeof v, 3);
        if (fields[i].nvmlReturn) continue;
        const char *number = strchr(v, ':');
        fields[i].valueType = number ? atoi(v) : 1;
        number = number ? number + 1 : v;
        switch (fields[i].valueType) {
            case 0: fields[i].value.d = atof(number); break;
            case 1: fields[i].value.u = (unsigned)atoi(number); break;
            case 4: fields[i].value.sll = atoll(number); break;
            case 5: fields[i].value.i = atoi(number); break;
            case 6: fields[i].value.us = (unsigned short)atoi(number); break;
            default: fields[i].value.ull = strtoull(number, NULL, 10);
        }
    }
    return 0;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) {
    char key[128], v[64];
    snprintf(key, sizeof key, "piece.%s", uuid);
    int code = answer(NVML, key, v, sizeof v, 6);
    if (!code) *handle = (void *)(intptr_t)(PIECE + atoi(v));
    return code;
}
int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(void *piece, void **handle) {
    *handle = (void *)((intptr_t)piece - PIECE + 1);
    return 0;
}

#define SMI "STUB_AMDSMI"
static int die(void *handle, const char *what, char *value, size_t size, int missing) {
    char key[64];
    snprintf(key, sizeof key, "%d.%s", (int)(intptr_t)handle - 1, what);
    return answer(SMI, key, value, size, missing);
}
int amdsmi_init(uint64_t flags) { char v[64]; return flags == 2 ? answer(SMI, "init", v, sizeof v, 0) : 1; }
int amdsmi_shut_down(void) { return 0; }
int amdsmi_get_socket_handles(uint32_t *count, void **handles) {
    char v[64];
    int code = answer(SMI, "count", v, sizeof v, 31);
    if (code) return code;
    *count = (uint32_t)atoi(v);
    for (uint32_t i = 0; handles && i < *count; i++) handles[i] = (void *)(intptr_t)(i + 100);
    return 0;
}
int amdsmi_get_processor_handles(void *socket, uint32_t *count, void **handles) {
    *count = 1;
    if (handles) handles[0] = (void *)((intptr_t)socket - 99);
    return 0;
}
int amdsmi_get_gpu_device_bdf(void *handle, uint64_t *place) {
    char v[64];
    unsigned domain, bus, device, function;
    int code = die(handle, "bdf", v, sizeof v, 2);
    if (code) return code;
    sscanf(v, "%x:%x:%x.%x", &domain, &bus, &device, &function);
    *place = (uint64_t)domain << 16 | bus << 8 | device << 3 | function;
    return 0;
}
int amdsmi_get_energy_count(void *handle, uint64_t *count, float *resolution, uint64_t *when) {
    char v[64];
    int code = die(handle, "energy", v, sizeof v, 2);
    if (code) return code;
    char *rest;
    *count = strtoull(v, &rest, 10);
    *resolution = (float)atof(rest);
    *when = 1;
    return 0;
}
