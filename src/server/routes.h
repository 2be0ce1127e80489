/* Every route of the server, a row each:
 *
 *     CY_ROUTE(method, pattern, handler, body, body_bytes_max, flags, summary)
 *
 * `handler` is `void handler(struct cy_request *, struct cy_response *)` in the resource's file. The order is for readers: what is literal in
 * a pattern goes before what is a value, wherever it stands here. The OpenAPI document derives from these rows. */

/* clang-format off: a row is a line */
/* health.c */
CY_ROUTE("GET", "/healthz", cy_health_live, CY_BODY_NONE, 0, CY_ROUTE_INLINE | CY_ROUTE_QUIET, "tell that the process answers")
CY_ROUTE("GET", "/readyz", cy_health_ready, CY_BODY_NONE, 0, CY_ROUTE_QUIET, "tell whether database and objects answer")
CY_ROUTE("GET", "/metrics", cy_metrics_show, CY_BODY_NONE, 0, CY_ROUTE_QUIET, "what Prometheus reads")
/* openapi.c */
CY_ROUTE("GET", "/api/v1/openapi.json", cy_openapi_show, CY_BODY_NONE, 0, CY_ROUTE_INLINE, "this document")
/* front.c */
CY_ROUTE("GET", "/", cy_front_show, CY_BODY_NONE, 0, 0, "the page")
CY_ROUTE("GET", "/{path...}", cy_front_file, CY_BODY_NONE, 0, CY_ROUTE_FALLBACK, "a file of the page, or the page itself")
/* api_accounts.c */
CY_ROUTE("POST", "/api/v1/users", cy_api_user_create, CY_BODY_MEMORY, 65536, 0, "make a user")
CY_ROUTE("PUT", "/api/v1/users/{user}/disabled", cy_api_user_disable, CY_BODY_MEMORY, 65536, 0, "switch a user off or on again")
CY_ROUTE("POST", "/api/v1/users/{user}/tokens", cy_api_token_create, CY_BODY_MEMORY, 65536, 0, "make a token; it is shown once")
CY_ROUTE("GET", "/api/v1/users/{user}/tokens", cy_api_token_list, CY_BODY_NONE, 0, 0, "list a user's tokens")
CY_ROUTE("DELETE", "/api/v1/users/{user}/tokens/{token}", cy_api_token_revoke, CY_BODY_NONE, 0, 0, "revoke a token")
CY_ROUTE("POST", "/api/v1/tokens", cy_api_my_token_create, CY_BODY_MEMORY, 65536, 0, "make a token of mine; it is shown once")
CY_ROUTE("GET", "/api/v1/tokens", cy_api_my_token_list, CY_BODY_NONE, 0, 0, "list my tokens")
CY_ROUTE("DELETE", "/api/v1/tokens/{token}", cy_api_my_token_revoke, CY_BODY_NONE, 0, 0, "revoke a token of mine")
/* api_oidc.c */
CY_ROUTE("GET", "/api/v1/login/oidc", cy_api_oidc_begin, CY_BODY_NONE, 0, 0, "log in at the provider: sends the browser there")
CY_ROUTE("GET", "/api/v1/login/oidc/callback", cy_api_oidc_finish, CY_BODY_NONE, 0, 0, "where the provider sends the browser back")
/* api_session.c, api_password.c */
CY_ROUTE("POST", "/api/v1/session", cy_api_session_create, CY_BODY_MEMORY, 65536, 0, "log in by name and password")
CY_ROUTE("GET", "/api/v1/session", cy_api_session_show, CY_BODY_NONE, 0, 0, "tell who I am, where I belong, and how to log in")
CY_ROUTE("DELETE", "/api/v1/session", cy_api_session_delete, CY_BODY_NONE, 0, 0, "log out")
CY_ROUTE("GET", "/api/v1/sessions", cy_api_session_list, CY_BODY_NONE, 0, 0, "list my sessions")
CY_ROUTE("DELETE", "/api/v1/sessions/{session}", cy_api_session_end, CY_BODY_NONE, 0, 0, "end one of my sessions")
CY_ROUTE("PUT", "/api/v1/users/{user}/password", cy_api_password_set, CY_BODY_MEMORY, 65536, 0, "set my password; my other sessions end")
CY_ROUTE("POST", "/api/v1/users/{user}/reset", cy_api_reset_make, CY_BODY_NONE, 0, 0, "make a link by which a user sets a new password")
CY_ROUTE("POST", "/api/v1/password-reset", cy_api_reset_use, CY_BODY_MEMORY, 65536, 0, "set a new password by such a link")
/* api_accounts.c */
CY_ROUTE("POST", "/api/v1/organisations", cy_api_organisation_create, CY_BODY_MEMORY, 65536, 0, "make an organisation")
CY_ROUTE("GET", "/api/v1/organisations/{organisation}/members", cy_api_member_list, CY_BODY_NONE, 0, 0, "list who belongs to it")
CY_ROUTE("PUT", "/api/v1/organisations/{organisation}/members/{user}", cy_api_member_set, CY_BODY_MEMORY, 65536, 0, "make a user a member")
CY_ROUTE("DELETE", "/api/v1/organisations/{organisation}/members/{user}", cy_api_member_set, CY_BODY_NONE, 0, 0, "take a member out")
/* hf_account.c, hf_repository.c, hf_list.c: the Hugging Face protocol */
CY_ROUTE("GET", "/api/whoami-v2", cy_hf_whoami, CY_BODY_NONE, 0, CY_ROUTE_HF | CY_ROUTE_CACHED, "tell whose token it is")
CY_ROUTE("POST", "/api/repos/create", cy_hf_create, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "make a repository")
CY_ROUTE("DELETE", "/api/repos/delete", cy_hf_delete, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "delete a repository")
CY_ROUTE("POST", "/api/repos/move", cy_hf_move, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "give a repository another name or owner")
CY_ROUTE("GET", "/api/datasets", cy_hf_list, CY_BODY_NONE, 0, CY_ROUTE_HF | CY_ROUTE_CACHED, "list datasets, by words, tags and author")
CY_ROUTE("POST", "/api/validate-yaml", cy_hf_validate_card, CY_BODY_MEMORY, 8388608, CY_ROUTE_HF, "check a card's head")
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}", cy_hf_info, CY_BODY_NONE, 0, CY_ROUTE_HF | CY_ROUTE_CACHED, "tell about a dataset")
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}/revision/{revision}", cy_hf_info, CY_BODY_NONE, 0, CY_ROUTE_HF | CY_ROUTE_CACHED, "tell about a version")
CY_ROUTE("PUT", "/api/datasets/{namespace}/{name}/settings", cy_hf_settings, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "set visibility and gate")
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}/auth-check", cy_hf_auth_check, CY_BODY_NONE, 0, CY_ROUTE_HF | CY_ROUTE_CACHED, "may I read it?")
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}/auth-check/write", cy_hf_auth_check_write, CY_BODY_NONE, 0, CY_ROUTE_HF, "may I write to it?")
/* hf_tree.c, hf_history.c */
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}/tree/{revision}", cy_hf_tree, CY_BODY_NONE, 0, CY_ROUTE_HF | CY_ROUTE_CACHED, "list a version's root")
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}/tree/{revision}/{path...}", cy_hf_tree, CY_BODY_NONE, 0, CY_ROUTE_HF | CY_ROUTE_CACHED, "list a folder")
CY_ROUTE("POST", "/api/datasets/{namespace}/{name}/paths-info/{revision}", cy_hf_paths_info, CY_BODY_MEMORY, 2097152, CY_ROUTE_HF, "tell about some paths")
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}/commits/{revision}", cy_hf_commits, CY_BODY_NONE, 0, CY_ROUTE_HF | CY_ROUTE_CACHED, "list versions, the newest first")
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}/refs", cy_hf_refs, CY_BODY_NONE, 0, CY_ROUTE_HF | CY_ROUTE_CACHED, "list branches and tags")
CY_ROUTE("POST", "/api/datasets/{namespace}/{name}/tag/{revision}", cy_hf_tag_create, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "make a tag")
CY_ROUTE("DELETE", "/api/datasets/{namespace}/{name}/tag/{tag}", cy_hf_tag_delete, CY_BODY_NONE, 0, CY_ROUTE_HF, "delete a tag")
CY_ROUTE("POST", "/api/datasets/{namespace}/{name}/branch/{branch}", cy_hf_branch_create, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "make a branch")
CY_ROUTE("DELETE", "/api/datasets/{namespace}/{name}/branch/{branch}", cy_hf_branch_delete, CY_BODY_NONE, 0, CY_ROUTE_HF, "delete a branch")
/* hf_commit.c, hf_lfs.c, hf_resolve.c */
CY_ROUTE("POST", "/api/datasets/{namespace}/{name}/preupload/{revision}", cy_hf_preupload, CY_BODY_MEMORY, 16777216, CY_ROUTE_HF, "tell which way each file goes")
CY_ROUTE("POST", "/api/datasets/{namespace}/{name}/commit/{branch}", cy_hf_commit, CY_BODY_SPOOL, 2147483648, CY_ROUTE_HF, "make a version")
CY_ROUTE("POST", "/datasets/{namespace}/{name}/info/lfs/objects/batch", cy_lfs_batch, CY_BODY_MEMORY, 1048576, CY_ROUTE_HF, "where large files go to, or come from")
CY_ROUTE("POST", "/datasets/{namespace}/{name}/info/lfs/objects/verify", cy_lfs_verify, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "is this large file here?")
CY_ROUTE("PUT", "/api/lfs/{repository}/{oid}/{size}", cy_lfs_put, CY_BODY_SPOOL, 5368709120, CY_ROUTE_HF | CY_ROUTE_SIGNED, "send a large file")
CY_ROUTE("POST", "/api/lfs/{repository}/{oid}/{size}", cy_lfs_complete, CY_BODY_MEMORY, 2097152, CY_ROUTE_HF | CY_ROUTE_SIGNED, "put a large file's parts together")
CY_ROUTE("PUT", "/api/lfs/{repository}/{oid}/{size}/{part}", cy_lfs_put_part, CY_BODY_SPOOL, 536870912, CY_ROUTE_HF | CY_ROUTE_SIGNED, "send a part of a large file")
CY_ROUTE("GET", "/api/lfs/{repository}/{oid}", cy_lfs_get, CY_BODY_NONE, 0, CY_ROUTE_HF | CY_ROUTE_SIGNED, "fetch a large file")
CY_ROUTE("GET", "/datasets/{namespace}/{name}/resolve/{revision}/{path...}", cy_hf_resolve, CY_BODY_NONE, 0, CY_ROUTE_HF, "fetch a file of a version")
/* hf_xet.c: write-only Xet. What the clients ask beside these (known chunks, grants, the second kind of shard) is answered 404, and they go on. */
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}/xet-write-token/{revision}", cy_xet_token, CY_BODY_NONE, 0, CY_ROUTE_HF, "where large files go to by Xet")
CY_ROUTE("POST", "/cas/v1/xorbs/default/{xorb}", cy_xet_xorb, CY_BODY_SPOOL, 83886080, CY_ROUTE_HF | CY_ROUTE_XET, "send a xorb")
CY_ROUTE("POST", "/cas/v1/shards", cy_xet_shard, CY_BODY_MEMORY, 67108864, CY_ROUTE_HF | CY_ROUTE_XET, "say what files are made of")
/* hf_requests.c */
CY_ROUTE("POST", "/datasets/{namespace}/{name}/ask-access", cy_hf_ask_access, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "ask for a gated dataset's files")
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}/user-access-request/{status}", cy_hf_requests, CY_BODY_NONE, 0, CY_ROUTE_HF, "list who asked")
CY_ROUTE("POST", "/api/datasets/{namespace}/{name}/user-access-request/handle", cy_hf_requests_handle, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "accept or reject a request")
CY_ROUTE("POST", "/api/datasets/{namespace}/{name}/user-access-request/grant", cy_hf_requests_grant, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "let a user in")
/* croissant_api.c */
CY_ROUTE("GET", "/api/datasets/{namespace}/{name}/croissant", cy_croissant_show, CY_BODY_NONE, 0, CY_ROUTE_HF, "a version as Croissant 1.1")
/* uses_api.c */
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/uses", cy_api_use_list, CY_BODY_NONE, 0, 0, "who used it, for those who own it")
/* scorecards_api.c */
CY_ROUTE("POST", "/api/v1/datasets/{namespace}/{name}/versions/{version}/scorecards", cy_api_scorecard_add, CY_BODY_MEMORY, 16777216, 0, "keep an assessment of a version")
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/versions/{version}/scorecards", cy_api_scorecard_list, CY_BODY_NONE, 0, 0, "list a version's assessments, the newest first")
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/versions/{version}/scorecards/{scorecard}", cy_api_scorecard_get, CY_BODY_NONE, 0, 0, "an assessment")
/* runs_api.c */
CY_ROUTE("PUT", "/api/v1/runs/{run}", cy_api_run_put, CY_BODY_MEMORY, 65536, 0, "say how far a build is")
CY_ROUTE("GET", "/api/v1/runs/{run}", cy_api_run_get, CY_BODY_NONE, 0, 0, "how far a build is")
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/runs", cy_api_run_list, CY_BODY_NONE, 0, 0, "list builds that reported here, the newest first")
/* search_api.c */
CY_ROUTE("GET", "/api/v1/search", cy_api_search, CY_BODY_NONE, 0, 0, "find datasets by words, tags and namespace")
/* rows_api.c */
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/splits", cy_api_splits, CY_BODY_NONE, 0, 0, "list configurations and splits")
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/rows", cy_api_rows, CY_BODY_NONE, 0, 0, "rows: a page, filtered, searched, ordered")
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/columns", cy_api_columns, CY_BODY_NONE, 0, 0, "columns, and how many rows there are")
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/statistics", cy_api_statistics, CY_BODY_NONE, 0, 0, "statistics of columns")
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/histogram", cy_api_histogram, CY_BODY_NONE, 0, 0, "a column's histogram")
/* datasets_server.c */
CY_ROUTE("GET", "/datasets-server/is-valid", cy_ds_is_valid, CY_BODY_NONE, 0, CY_ROUTE_HF, "what is there to be seen of a dataset?")
CY_ROUTE("GET", "/datasets-server/splits", cy_ds_splits, CY_BODY_NONE, 0, CY_ROUTE_HF, "list configurations and splits")
CY_ROUTE("GET", "/datasets-server/first-rows", cy_ds_first_rows, CY_BODY_NONE, 0, CY_ROUTE_HF, "the first rows of a split")
CY_ROUTE("GET", "/datasets-server/rows", cy_ds_rows, CY_BODY_NONE, 0, CY_ROUTE_HF, "rows of a split")
CY_ROUTE("GET", "/datasets-server/search", cy_ds_search, CY_BODY_NONE, 0, CY_ROUTE_HF, "rows that hold some words")
CY_ROUTE("GET", "/datasets-server/filter", cy_ds_filter, CY_BODY_NONE, 0, CY_ROUTE_HF, "rows for which a condition holds")
CY_ROUTE("GET", "/datasets-server/statistics", cy_ds_statistics, CY_BODY_NONE, 0, CY_ROUTE_HF, "statistics of a split's columns")
CY_ROUTE("GET", "/datasets-server/size", cy_ds_size, CY_BODY_NONE, 0, CY_ROUTE_HF, "rows and bytes")
CY_ROUTE("GET", "/datasets-server/parquet", cy_ds_parquet, CY_BODY_NONE, 0, CY_ROUTE_HF, "list the Parquet files")
CY_ROUTE("GET", "/datasets-server/info", cy_ds_info, CY_BODY_NONE, 0, CY_ROUTE_HF, "features and counts")
/* standing_api.c */
CY_ROUTE("POST", "/api/datasets/{namespace}/{name}/like", cy_hf_like, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "like a dataset")
CY_ROUTE("DELETE", "/api/datasets/{namespace}/{name}/like", cy_hf_like, CY_BODY_MEMORY, 65536, CY_ROUTE_HF, "like it no more")
CY_ROUTE("POST", "/api/v1/datasets/{namespace}/{name}/like", cy_hf_like, CY_BODY_MEMORY, 65536, 0, "like a dataset")
CY_ROUTE("DELETE", "/api/v1/datasets/{namespace}/{name}/like", cy_hf_like, CY_BODY_NONE, 0, 0, "like it no more")
CY_ROUTE("GET", "/api/users/{user}/likes", cy_hf_likes_of_user, CY_BODY_NONE, 0, CY_ROUTE_HF, "list what a user likes")
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/grants", cy_api_grant_list, CY_BODY_NONE, 0, 0, "list whom its owner let in")
CY_ROUTE("PUT", "/api/v1/datasets/{namespace}/{name}/grants/{user}", cy_api_grant_set, CY_BODY_MEMORY, 65536, 0, "let a user in")
CY_ROUTE("DELETE", "/api/v1/datasets/{namespace}/{name}/grants/{user}", cy_api_grant_set, CY_BODY_NONE, 0, 0, "let a user in no more")
CY_ROUTE("GET", "/api/v1/datasets/{namespace}/{name}/parties", cy_api_party_list, CY_BODY_NONE, 0, 0, "list a version's parties, and whether they confirmed that they contributed")
CY_ROUTE("PUT", "/api/v1/datasets/{namespace}/{name}/parties/{party}", cy_api_party_confirm, CY_BODY_NONE, 0, 0, "confirm, for the party, that it contributed")
CY_ROUTE("DELETE", "/api/v1/datasets/{namespace}/{name}/parties/{party}", cy_api_party_confirm, CY_BODY_NONE, 0, 0, "take that back")
CY_ROUTE("GET", "/api/v1/accounts/{account}/quota", cy_api_quota_get, CY_BODY_NONE, 0, 0, "tell what an account holds and may hold")
CY_ROUTE("PUT", "/api/v1/accounts/{account}/quota", cy_api_quota_set, CY_BODY_MEMORY, 65536, 0, "set what an account may hold")
CY_ROUTE("GET", "/api/v1/audit", cy_api_audit_list, CY_BODY_NONE, 0, 0, "list what was done, by whom")
CY_ROUTE("GET", "/api/v1/audit/verify", cy_api_audit_verify, CY_BODY_NONE, 0, 0, "check that the audit log is whole")
/* upkeep.c */
CY_ROUTE("POST", "/api/v1/garbage", cy_api_garbage, CY_BODY_MEMORY, 65536, 0, "collect what nothing names any more")
CY_ROUTE("POST", "/api/v1/datasets/{namespace}/{name}/erasure", cy_api_erasure, CY_BODY_MEMORY, 65536, 0, "erase a dataset's bytes now")
