#include <mongoc/mongoc.h>
#include <string.h>

/* bson_t is aligned to 128 bytes, which Swift does not do on its stack: documents cross as bytes. */

/* Appends what the session adds to a command's options; false when the session is of no use any more. */
static inline bool wd_mongo_options(bson_t *options, mongoc_client_session_t *session, const char *read_concern, bson_error_t *error) {
    bson_init(options);
    if (session && !mongoc_client_session_append(session, options, error)) return false;
    if (read_concern) {
        mongoc_read_concern_t *concern = mongoc_read_concern_new();
        mongoc_read_concern_set_level(concern, read_concern);
        mongoc_read_concern_append(concern, options);
        mongoc_read_concern_destroy(concern);
    }
    return true;
}

/* Sends one command to the primary. The reply, NULL without one, belongs to the caller: bson_free. */
static inline bool wd_mongo_command(mongoc_client_t *client, const char *database, const uint8_t *bytes, size_t size,
                                    mongoc_client_session_t *session, const char *read_concern, bool is_read, uint8_t **reply,
                                    uint32_t *reply_size, bson_error_t *error) {
    bson_t command, options, answer;
    *reply = NULL;
    *reply_size = 0;
    memset(error, 0, sizeof *error);
    if (!bson_init_static(&command, bytes, size)) {
        bson_set_error(error, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "the command is larger than a document may be");
        return false;
    }
    bool ok = wd_mongo_options(&options, session, read_concern, error);
    if (ok) {
        ok = is_read ? mongoc_client_read_command_with_opts(client, database, &command, NULL, &options, &answer, error)
                     : mongoc_client_command_with_opts(client, database, &command, NULL, &options, &answer, error);
        *reply_size = answer.len;
        *reply = (uint8_t *)bson_malloc(answer.len);
        memcpy(*reply, bson_get_data(&answer), answer.len);
        bson_destroy(&answer);
    }
    bson_destroy(&options);
    return ok;
}

/* Begins a transaction that reads one snapshot and is acknowledged by the majority, in their journals. */
static inline bool wd_mongo_begin(mongoc_client_session_t *session, int64_t most_milliseconds, bson_error_t *error) {
    mongoc_transaction_opt_t *options = mongoc_transaction_opts_new();
    mongoc_read_concern_t *reading = mongoc_read_concern_new();
    mongoc_write_concern_t *writing = mongoc_write_concern_new();
    mongoc_read_concern_set_level(reading, MONGOC_READ_CONCERN_LEVEL_SNAPSHOT);
    mongoc_write_concern_set_wmajority(writing, (int32_t)most_milliseconds);
    mongoc_write_concern_set_journal(writing, true);
    mongoc_transaction_opts_set_read_concern(options, reading);
    mongoc_transaction_opts_set_write_concern(options, writing);
    mongoc_transaction_opts_set_max_commit_time_ms(options, most_milliseconds);
    bool ok = mongoc_client_session_start_transaction(session, options, error);
    mongoc_write_concern_destroy(writing);
    mongoc_read_concern_destroy(reading);
    mongoc_transaction_opts_destroy(options);
    return ok;
}

/* Ends a transaction. The reply tells by its labels whether to try again. */
static inline bool wd_mongo_commit(mongoc_client_session_t *session, uint8_t **reply, uint32_t *reply_size, bson_error_t *error) {
    bson_t answer;
    memset(error, 0, sizeof *error);
    bool ok = mongoc_client_session_commit_transaction(session, &answer, error);
    *reply_size = answer.len;
    *reply = (uint8_t *)bson_malloc(answer.len);
    memcpy(*reply, bson_get_data(&answer), answer.len);
    bson_destroy(&answer);
    return ok;
}

static inline const char *wd_mongo_message(const bson_error_t *error) { return error->message; }
static inline const char *wd_mongo_host(const mongoc_host_list_t *host) { return host->host_and_port; }
static inline const mongoc_host_list_t *wd_mongo_next(const mongoc_host_list_t *host) { return host->next; }

/* Opens a change stream on one collection; never NULL. It waits up to `patience` milliseconds for news in each call of next. */
static inline mongoc_change_stream_t *wd_mongo_watch(mongoc_client_t *client, const char *database, const char *name, int64_t patience) {
    bson_t pipeline, options;
    bson_init(&pipeline);
    bson_init(&options);
    BSON_APPEND_INT64(&options, "maxAwaitTimeMS", patience);
    mongoc_collection_t *collection = mongoc_client_get_collection(client, database, name);
    mongoc_change_stream_t *stream = mongoc_collection_watch(collection, &pipeline, &options);
    mongoc_collection_destroy(collection);
    bson_destroy(&options);
    bson_destroy(&pipeline);
    return stream;
}

/* Waits for news: 1 there are some, 0 none yet, -1 the stream has failed. */
static inline int wd_mongo_next_change(mongoc_change_stream_t *stream, bson_error_t *error) {
    const bson_t *document;
    memset(error, 0, sizeof *error);
    if (mongoc_change_stream_next(stream, &document)) return 1;
    return mongoc_change_stream_error_document(stream, error, &document) ? -1 : 0;
}
