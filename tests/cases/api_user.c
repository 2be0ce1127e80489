/* A program that knows nothing of ciyuan but the installed header and library; C and C++. tests/cases/api.py compiles it, runs it, and
 * reads what it prints: a line a fact. */
#include <ciyuan.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define TEXTS 5
#define THREADS 4

static const char *const words[TEXTS] = {"the cat and the hat", "thethe", "", "\xff\xfe and <|endoftext|>", "and"};

static struct ciyuan_text text_of(const char *word)
{
    struct ciyuan_text text = {word, strlen(word)};
    return text;
}

static void print_ids(const char *what, const struct ciyuan_ids *ids)
{
    size_t at = 0;
    for (size_t i = 0; i < ids->text_count; i++) {
        printf("%s", what);
        for (; at < ids->ends[i]; at++)
            printf(" %u", ids->items[at]);
        printf("\n");
    }
}

struct reader {
    struct ciyuan_tokenizer *tokenizer;
    const struct ciyuan_text *texts;
    const struct ciyuan_ids *expected;
    int same;
};

/* Encodes and counts the same texts again and again with the tokenizer that all threads share. */
static void *read_texts(void *context)
{
    struct reader *reader = (struct reader *)context;
    struct ciyuan_ids ids;
    uint64_t counts[TEXTS];
    memset(&ids, 0, sizeof ids);
    for (int i = 0; i < 200; i++) {
        int bad = ciyuan_tokenizer_encode(reader->tokenizer, reader->texts, TEXTS, NULL, &ids, NULL) != CIYUAN_OK ||
                  ids.count != reader->expected->count || memcmp(ids.items, reader->expected->items, ids.count * sizeof *ids.items) != 0 ||
                  memcmp(ids.ends, reader->expected->ends, TEXTS * sizeof *ids.ends) != 0 ||
                  ciyuan_tokenizer_count(reader->tokenizer, reader->texts, TEXTS, NULL, counts, NULL) != CIYUAN_OK ||
                  counts[0] != ids.ends[0];
        reader->same += !bad;
    }
    ciyuan_ids_release(&ids);
    return NULL;
}

static void share(struct ciyuan_tokenizer *tokenizer, const struct ciyuan_text *texts, const struct ciyuan_ids *expected)
{
    pthread_t threads[THREADS];
    struct reader readers[THREADS];
    int same = 0;
    for (int i = 0; i < THREADS; i++) {
        readers[i].tokenizer = tokenizer;
        readers[i].texts = texts;
        readers[i].expected = expected;
        readers[i].same = 0;
        pthread_create(&threads[i], NULL, read_texts, &readers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        same += readers[i].same;
    }
    printf("shared %d\n", same);
}

int main(int argc, char **argv)
{
    struct ciyuan_tokenizer *tokenizer = NULL;
    struct ciyuan_error error;
    struct ciyuan_text texts[TEXTS];
    struct ciyuan_ids ids, threaded;
    struct ciyuan_bytes bytes;
    struct ciyuan_encoding encoding;
    uint64_t counts[TEXTS];
    const uint32_t no_token[] = {97, 4000000};
    memset(&encoding, 0, sizeof encoding);
    memset(&ids, 0, sizeof ids);
    memset(&threaded, 0, sizeof threaded);
    memset(&bytes, 0, sizeof bytes);
    if (argc != 2)
        return 2;
    printf("api %d %d\nversion %s\n", (int)CIYUAN_API_VERSION, (int)ciyuan_api_version(), ciyuan_version());
    printf("missing %d %s\n", (int)ciyuan_tokenizer_open("no/such.json", &tokenizer, &error), tokenizer == NULL ? error.message : "?");
    printf("unknown %d %s\n", (int)ciyuan_tokenizer_open("o200k_bas", &tokenizer, &error), error.message);
    if (ciyuan_tokenizer_open(argv[1], &tokenizer, &error) != CIYUAN_OK) {
        printf("failed %s\n", error.message);
        return 1;
    }
    printf("name %s %zu %s\n", ciyuan_tokenizer_name(tokenizer), ciyuan_tokenizer_size(tokenizer), ciyuan_tokenizer_sha256(tokenizer));
    printf("find %lld %lld\n", (long long)ciyuan_tokenizer_find(tokenizer, text_of("<|endoftext|>")),
           (long long)ciyuan_tokenizer_find(tokenizer, text_of("no token")));
    struct ciyuan_text token = ciyuan_tokenizer_token(tokenizer, 256);
    printf("token %.*s %d\n", (int)token.size, token.data, ciyuan_tokenizer_token(tokenizer, 4000000).data == NULL);

    for (int i = 0; i < TEXTS; i++)
        texts[i] = text_of(words[i]);
    if (ciyuan_tokenizer_encode(tokenizer, texts, TEXTS, NULL, &ids, &error) != CIYUAN_OK)
        return 1;
    print_ids("ids", &ids);
    ciyuan_tokenizer_decode(tokenizer, ids.items, ids.count, 0, &bytes, &error);
    printf("decoded ");
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", (unsigned char)bytes.data[i]);
    ciyuan_tokenizer_count(tokenizer, texts, TEXTS, NULL, counts, &error);
    printf("\ncounts %llu %llu\n", (unsigned long long)counts[0], (unsigned long long)counts[2]);
    share(tokenizer, texts, &ids);

    encoding.size_bytes = sizeof encoding;
    encoding.specials = CIYUAN_SPECIALS_AS_IDS;
    encoding.thread_count = 3;
    ciyuan_tokenizer_encode(tokenizer, texts, TEXTS, &encoding, &threaded, &error);
    print_ids("special", &threaded);
    ciyuan_tokenizer_decode(tokenizer, threaded.items, threaded.count, 1, &bytes, &error);
    printf("skipped %zu\n", bytes.size);
    printf("no_token %d %s\n", (int)ciyuan_tokenizer_decode(tokenizer, no_token, 2, 0, &bytes, &error), error.message);
    encoding.size_bytes = 3;
    printf("older %d %s\n", (int)ciyuan_tokenizer_encode(tokenizer, texts, TEXTS, &encoding, &ids, &error), error.message);
    encoding.size_bytes = 8; /* as an older header would have it: what it lacks is not read */
    ciyuan_tokenizer_encode(tokenizer, texts, TEXTS, &encoding, &ids, &error);
    printf("shorter %d\n", ids.count == threaded.count && memcmp(ids.items, threaded.items, ids.count * sizeof *ids.items) == 0);
    ciyuan_ids_release(&ids);
    ciyuan_ids_release(&threaded);
    ciyuan_bytes_release(&bytes);
    ciyuan_tokenizer_close(tokenizer);
    ciyuan_tokenizer_close(NULL);
    return 0;
}
