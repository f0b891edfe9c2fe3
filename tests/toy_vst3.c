/* The smallest VST3 plugin that tests need: gain, a delay that it reports, and trouble on demand.

   tests/toy_vst3.py compiles it; nothing of it is installed. It includes no header, so a compiler alone will do. Its
   interfaces are those of Steinberg's VST 3 API (pluginterfaces/base/ipluginbase.h, pluginterfaces/vst/ivst*.h), written
   as tables of functions, in order; a place that no host calls here is left to `no`. Little is checked: it is a toy.

   -DLATE=n    samples of delay, reported (37)
   -DSEVERAL   the file holds a second plugin, "Other"
   -DSYNTH     no audio input, an instrument
   -DSTEREO    takes two channels and no other number
   -DLOUD      trouble only where a sample is over 0.9
   -DCRASHES   ends the process when it is loaded
   -DHANGS     never comes back when it is loaded */

typedef int Int;
typedef unsigned int UInt;
typedef char Id[16];
typedef unsigned short Char16;

extern void *calloc(unsigned long, unsigned long);
extern void free(void *);
extern int memcmp(const void *, const void *, unsigned long);
extern void *memcpy(void *, const void *, unsigned long);
extern int snprintf(char *, unsigned long, const char *, ...);
extern double atof(const char *);
extern int usleep(UInt);
extern void abort(void);

#ifndef LATE
#define LATE 37
#endif
#define MOST_LATE 65536
#define MOST_CHANNELS 32
#define OK 0
#define FALSE 1
#define NO_INTERFACE (-1)

#define ID(a, b, c, d) \
    {(char)((a) >> 24), (char)((a) >> 16), (char)((a) >> 8), (char)(a), (char)((b) >> 24), (char)((b) >> 16), (char)((b) >> 8), (char)(b), \
     (char)((c) >> 24), (char)((c) >> 16), (char)((c) >> 8), (char)(c), (char)((d) >> 24), (char)((d) >> 16), (char)((d) >> 8), (char)(d)}
static const Id UNKNOWN = ID(0x00000000u, 0x00000000u, 0xC0000000u, 0x00000046u);
static const Id BASE = ID(0x22888DDBu, 0x156E45AEu, 0x8358B348u, 0x08190625u);
static const Id FACTORY = ID(0x7A4D811Cu, 0x52114A1Fu, 0xAED9D2EEu, 0x0B43BF9Fu);
static const Id FACTORY_2 = ID(0x0007B650u, 0xF24B4C0Bu, 0xA464EDB9u, 0xF00B2ABBu);
static const Id COMPONENT = ID(0xE831FF31u, 0xF2D54301u, 0x928EBBEEu, 0x25697802u);
static const Id PROCESSOR = ID(0x42043F99u, 0xB7DA453Cu, 0xA569E79Du, 0x9AAEC33Du);
static const Id CONTROLLER = ID(0xDCD7BBE3u, 0x7742448Du, 0xA874AACCu, 0x979C759Eu);

typedef struct { Int kind, direction, channels; Char16 name[128]; Int type; UInt flags; } Bus;
typedef struct { Int channels; unsigned long long silent; float **samples; } Buffers;
typedef struct { void **call; } Object;
typedef struct {
    Int mode, size, count, inputs, outputs;
    Buffers *in, *out;
    Object *changes, *changed, *events, *sent;
    void *context;
} Data;
typedef struct {
    UInt id; Char16 title[128], brief[128], units[128]; Int steps; double standard; Int unit, flags;
} Info;

enum { GAIN, TROUBLE, PARAMETERS };
enum { NONE, CRASH, HANG, SLOW, NAN_OUT, LATER, TROUBLES };
static const char *TROUBLE_NAMES[] = {"none", "crash", "hang", "slow", "nan", "later"};

/* One object is component, processor and controller: three tables, of which each begins an interface. */
typedef struct {
    void **component, **processor, **controller;
    Int users, channels, late, place;
    unsigned long long speakers;
    double value[PARAMETERS];
    float ring[MOST_CHANNELS][MOST_LATE];
} Toy;

static Toy *of(void **self) { /* from whichever interface to the object */
    extern void *component_calls[], *processor_calls[];
    return (Toy *)(*self == component_calls ? self : *self == processor_calls ? self - 1 : self - 2);
}

static void widen(Char16 *to, const char *from) {
    while ((*to++ = (Char16)*from++)) {}
}

static Int no(void *self) { return FALSE; }
static Int yes(void *self) { return OK; }

static Int query(void **self, const char *id, void **found) {
    Toy *toy = of(self);
    *found = 0;
    if (!memcmp(id, UNKNOWN, 16) || !memcmp(id, BASE, 16) || !memcmp(id, COMPONENT, 16)) *found = &toy->component;
    if (!memcmp(id, PROCESSOR, 16)) *found = &toy->processor;
    if (!memcmp(id, CONTROLLER, 16)) *found = &toy->controller;
    if (!*found) return NO_INTERFACE;
    toy->users++;
    return OK;
}

static UInt take(void **self) { return ++of(self)->users; }

static UInt leave(void **self) {
    Toy *toy = of(self);
    Int left = --toy->users;
    if (!left) free(toy);
    return left;
}

/* -- component */

static Int begin(void **self, void *context) {
#ifdef CRASHES
    abort();
#endif
#ifdef HANGS
    for (;;) usleep(100000);
#endif
    return OK;
}

static Int buses(void *self, Int kind, Int direction) {
#ifdef SYNTH
    return kind == 0 ? direction == 1 : direction == 0;
#else
    return kind == 0;
#endif
}

static Int bus(void **self, Int kind, Int direction, Int index, Bus *bus) {
    bus->kind = kind;
    bus->direction = direction;
    bus->channels = kind == 0 ? of(self)->channels : 1;
    widen(bus->name, "Main");
    bus->type = 0;
    bus->flags = 1;
    return OK;
}

static Int stream(Object *stream, Int call, void *memory, Int size) {
    Int moved = 0;
    ((Int (*)(void *, void *, Int, Int *))stream->call[call])(stream, memory, size, &moved);
    return moved == size ? OK : FALSE;
}

static Int set_state(void **self, Object *from) { return stream(from, 3, of(self)->value, sizeof(double) * PARAMETERS); }
static Int get_state(void **self, Object *to) { return stream(to, 4, of(self)->value, sizeof(double) * PARAMETERS); }

static Int activate(void **self, char on) {
    Toy *toy = of(self);
    if (on) {
        Int c, k;
        for (c = 0; c < MOST_CHANNELS; c++) for (k = 0; k < MOST_LATE; k++) toy->ring[c][k] = 0;
        toy->place = 0;
    }
    return OK;
}

/* -- processor */

static Int channels_of(unsigned long long speakers) {
    Int count = 0;
    for (; speakers; speakers >>= 1) count += speakers & 1;
    return count;
}

static Int arrange(void **self, unsigned long long *in, Int ins, unsigned long long *out, Int outs) {
    Toy *toy = of(self);
    Int count = outs == 1 ? channels_of(*out) : 0;
#ifdef STEREO
    if (count != 2) return FALSE;
#endif
    if (count < 1 || count > MOST_CHANNELS || (ins == 1 && channels_of(*in) != count)) return FALSE;
    toy->channels = count;
    toy->speakers = *out;
    return OK;
}

static Int arranged(void **self, Int direction, Int index, unsigned long long *speakers) {
    *speakers = of(self)->speakers;
    return OK;
}

static Int sample_size(void *self, Int size) { return size == 0 ? OK : FALSE; }
static UInt latency(void **self) { return of(self)->late; }

static void changes(Toy *toy, Object *all) {
    Int k, count = all ? ((Int (*)(void *))all->call[3])(all) : 0;
    for (k = 0; k < count; k++) {
        Object *queue = ((Object * (*)(void *, Int))all->call[4])(all, k);
        UInt id = ((UInt (*)(void *))queue->call[3])(queue);
        Int points = ((Int (*)(void *))queue->call[4])(queue), when = 0;
        double value = 0;
        if (id < PARAMETERS && points > 0) {
            ((Int (*)(void *, Int, Int *, double *))queue->call[5])(queue, points - 1, &when, &value);
            toy->value[id] = value;
        }
    }
}

static double gain_db(double value) { return -40.0 + 80.0 * value; }
static Int trouble(double value) { return (Int)(value * (TROUBLES - 1) + 0.5); }

static double linear(double db) { /* 10^(db/20) without a library: exp by its series, then squared six times */
    double x = db * 0.11512925464970229 / 64, sum = 1, term = 1;
    Int k;
    for (k = 1; k < 12; k++) sum += term *= x / k;
    for (k = 0; k < 6; k++) sum *= sum;
    return sum;
}

static Int loud(Data *data) {
    Int c, k, found = 0;
    for (c = 0; data->inputs && c < data->in->channels; c++)
        for (k = 0; k < data->count; k++) found |= data->in->samples[c][k] > 0.9f;
    return found;
}

static Int process(void **self, Data *data) {
    Toy *toy = of(self);
    Int c, k, kind;
    float gain;
    changes(toy, data->changes);
    kind = trouble(toy->value[TROUBLE]);
#ifdef LOUD
    if (!loud(data)) kind = NONE;
#endif
    if (kind == CRASH) abort();
    if (kind == HANG) for (;;) usleep(100000);
    if (kind == SLOW) usleep(30000);
    if (kind == LATER) toy->late = LATE + 11;
    gain = toy->value[GAIN] == 0.5 ? 1.0f : (float)linear(gain_db(toy->value[GAIN]));
    if (data->outputs < 1) return OK;
    for (c = 0; c < data->out->channels; c++) {
        float *in = data->inputs > 0 && c < data->in->channels ? data->in->samples[c] : 0, *out = data->out->samples[c];
        Int place = toy->place;
        for (k = 0; k < data->count; k++) {
            float newest = in ? in[k] : 0;
            out[k] = gain * (toy->late ? toy->ring[c][place] : newest);
            if (kind == NAN_OUT) out[k] = 0.0f / (newest * 0.0f);
            toy->ring[c][place] = newest;
            if (++place >= toy->late) place = 0;
        }
        if (c == data->out->channels - 1) toy->place = place;
    }
    return OK;
}

/* -- controller */

static Int parameters(void *self) { return PARAMETERS; }

static Int parameter(void *self, Int index, Info *info) {
    char *byte = (char *)info;
    UInt k;
    for (k = 0; k < sizeof(Info); k++) byte[k] = 0;
    info->id = index;
    widen(info->title, index == GAIN ? "Gain" : "Trouble");
    widen(info->units, index == GAIN ? "dB" : "");
    info->steps = index == GAIN ? 0 : TROUBLES - 1;
    info->standard = index == GAIN ? 0.5 : 0;
    info->flags = index == GAIN ? 1 : 1 | 1 << 3;
    return OK;
}

static Int text(void *self, UInt id, double value, Char16 *to) {
    char line[32];
    snprintf(line, sizeof line, "%.2f", gain_db(value));
    widen(to, id == GAIN ? line : TROUBLE_NAMES[trouble(value)]);
    return OK;
}

static Int number(void *self, UInt id, Char16 *from, double *value) {
    char line[32];
    Int k;
    for (k = 0; k < 31 && from[k]; k++) line[k] = (char)from[k];
    line[k] = 0;
    if (id != GAIN) return FALSE;
    *value = (atof(line) + 40.0) / 80.0;
    return OK;
}

static double plain(void *self, UInt id, double value) { return value; }
static double get_value(void **self, UInt id) { return id < PARAMETERS ? of(self)->value[id] : 0; }

static Int set_value(void **self, UInt id, double value) {
    if (id < PARAMETERS) of(self)->value[id] = value;
    return OK;
}

static void *no_view(void *self, const char *name) { return 0; }

void *component_calls[] = {query, take, leave, begin, yes, no, no, buses, bus, no, yes, activate, set_state, get_state};
void *processor_calls[] = {query, take, leave, arrange, arranged, sample_size, latency, yes, yes, process, no};
static void *controller_calls[] = {query, take, leave, yes, yes, yes, no, no, parameters, parameter, text, number,
                                   plain, plain, get_value, set_value, yes, no_view};

/* -- factory */

typedef struct { char vendor[64], url[256], email[128]; Int flags; } FactoryInfo;
typedef struct {
    Id id; Int many; char category[32], name[64]; UInt flags; char sub[128], vendor[64], version[64], sdk[64];
} ClassInfo;

static Id CLASSES[] = {ID(0x6C656172u, 0x6E65642Du, 0x67617465u, 0x00000001u), ID(0x6C656172u, 0x6E65642Du, 0x67617465u, 0x00000002u)};

static void copy(char *to, const char *from) {
    while ((*to++ = *from++)) {}
}

static Int factory_query(void *self, const char *id, void **found) {
    *found = !memcmp(id, UNKNOWN, 16) || !memcmp(id, FACTORY, 16) || !memcmp(id, FACTORY_2, 16) ? self : 0;
    return *found ? OK : NO_INTERFACE;
}

static UInt one(void *self) { return 1; }

static Int factory_info(void *self, FactoryInfo *info) {
    copy(info->vendor, "toy");
    copy(info->url, "");
    copy(info->email, "");
    info->flags = 1 << 4;
    return OK;
}

static Int classes(void *self) {
#ifdef SEVERAL
    return 2;
#else
    return 1;
#endif
}

static Int class_info(void *self, Int index, ClassInfo *info) { /* the first fields of class_info_2 */
    memcpy(info->id, CLASSES[index], 16);
    info->many = 0x7FFFFFFF;
    copy(info->category, "Audio Module Class");
    copy(info->name, index ? "Other" : "Toy");
    return OK;
}

static Int class_info_2(void *self, Int index, ClassInfo *info) {
    class_info(self, index, info);
    info->flags = 0;
#ifdef SYNTH
    copy(info->sub, "Instrument|Synth");
#else
    copy(info->sub, "Fx");
#endif
    copy(info->vendor, "toy");
    copy(info->version, "1.0");
    copy(info->sdk, "VST 3.7");
    return OK;
}

static Int create(void *self, const char *id, const char *interface, void **made) {
    Toy *toy = calloc(1, sizeof(Toy));
    Int result;
    toy->component = component_calls;
    toy->processor = processor_calls;
    toy->controller = controller_calls;
    toy->users = 1;
    toy->channels = 2;
    toy->speakers = 3;
    toy->late = LATE;
    toy->value[GAIN] = 0.5;
    result = query((void **)&toy->component, interface, made);
    leave((void **)&toy->component);
    return result;
}

static void *factory_calls[] = {factory_query, one, one, factory_info, classes, class_info, create, class_info_2};
static Object factory = {factory_calls};

void *GetPluginFactory(void) { return &factory; }
char ModuleEntry(void *handle) { return 1; }
char ModuleExit(void) { return 1; }
