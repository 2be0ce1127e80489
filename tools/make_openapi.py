#!/usr/bin/env python3
"""Makes the OpenAPI 3.1 document of routes.h and the schemas beside it.

    make_openapi.py VERSION routes.h SCHEMAS OUT.json [OUT.c]

A route `CY_ROUTE(method, pattern, cy_user_list, …, summary)` finds its schema in SCHEMAS/user_list.json, when there is one:

    {"query": {"limit": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "…"}},
     "path": {"name": {"description": "…"}},          what a {name} of the pattern is, where a string does not say enough
     "body": {"$ref": "User"},                         of the request, application/json
     "body_type": "application/x-ndjson",              … or another type
     "answers": {"200": {"$ref": "User"}, "404": "there is no such user"}}

An answer is a schema, or words alone. A schema's "$ref": "User" is SCHEMAS/components/User.json. Every route of /api/v1 has a schema; those of
other protocols are theirs, and only listed. OUT.c holds the document as bytes, for the program to serve."""
import json
import os
import re
import sys

REFUSALS = {"400": "the request is broken; the problem document says where", "401": "nobody is logged in, or the credentials are wrong",
            "403": "this user may not do it", "404": "there is no such thing, or this user may not see it",
            "503": "the server is busy; Retry-After says when to come again"}


def fail(message):
    sys.exit(f"make_openapi: {message}")


def rows(text):
    """The arguments of each CY_ROUTE, strings joined and unquoted."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for match in re.finditer(r"CY_ROUTE\(", text):
        at, depth, argument, arguments = match.end(), 1, "", []
        while depth:
            if text[at] == '"':
                end = at + 1
                while text[end] != '"':
                    end += 2 if text[end] == "\\" else 1
                argument += json.loads(text[at:end + 1])
                at = end + 1
                continue
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            if (text[at] == "," and depth == 1) or depth == 0:
                arguments.append(argument.strip())
                argument = ""
            else:
                argument += text[at]
            at += 1
        if len(arguments) == 7:
            yield arguments


def with_refs(value):
    if isinstance(value, dict):
        return {key: f"#/components/schemas/{each}" if key == "$ref" else with_refs(each) for key, each in value.items()}
    return [with_refs(each) for each in value] if isinstance(value, list) else value


def answer(schema, kind="application/json"):
    if isinstance(schema, str):
        return {"description": schema}
    return {"description": schema.get("description", "the answer"), "content": {kind: {"schema": with_refs(schema)}}}


def operation(method, pattern, handler, body, flags, summary, schema):
    result = {"operationId": handler, "summary": summary}
    is_ours = pattern.startswith("/api/v1/")
    if not is_ours:
        result["tags"] = ["Hugging Face" if "CY_ROUTE_HF" in flags else "other"]
    parameters = []
    for name in re.findall(r"\{([a-z_0-9]+)(?:\.\.\.)?\}", pattern):
        more = dict(schema.get("path", {}).get(name, {}))
        text = more.pop("description", None)
        parameters.append({"name": name, "in": "path", "required": True, **({"description": text} if text else {}),
                           "schema": with_refs(more) or {"type": "string"}})
    for name, value in schema.get("query", {}).items():
        more = dict(value)
        text, required = more.pop("description", None), more.pop("required", False)
        parameters.append({"name": name, "in": "query", "required": required, **({"description": text} if text else {}),
                           "schema": with_refs(more)})
    if parameters:
        result["parameters"] = parameters
    if body == "CY_BODY_MEMORY" and ("body" in schema or not is_ours):
        kind = schema.get("body_type", "application/json")
        result["requestBody"] = {"required": schema.get("body_required", True),
                                 "content": {kind: {"schema": with_refs(schema.get("body", {}))}}}
    elif body == "CY_BODY_SPOOL":
        result["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    answers = schema.get("answers", {"200": "the answer"})
    result["responses"] = {status: answer(each, schema.get("answer_type", "application/json")) for status, each in answers.items()}
    if is_ours:
        for status, text in REFUSALS.items():
            if status not in result["responses"]:
                result["responses"][status] = {"$ref": f"#/components/responses/{status}"}
    result["responses"] = dict(sorted(result["responses"].items()))
    return result


def main():
    version, routes, schemas, out = sys.argv[1:5]
    paths, used, operation_count = {}, set(), {}
    for method, pattern, handler, body, _, flags, summary in rows(open(routes, encoding="utf-8").read()):
        name = handler.removeprefix("cy_")
        path = os.path.join(schemas, name + ".json")
        schema = json.load(open(path, encoding="utf-8")) if os.path.exists(path) else None
        used.add(name)
        if schema is None and pattern.startswith("/api/v1/"):
            fail(f"{method} {pattern} has no schema: write {path}")
        if "CY_ROUTE_LOCAL" in flags and not pattern.startswith("/api/v1/"):
            continue
        place = paths.setdefault(re.sub(r"\.\.\.\}", "}", pattern), {})
        operation_count[name] = operation_count.get(name, 0) + 1 # an operation's id is its own, though a handler serves several
        own_id = name if operation_count[name] == 1 else f"{name}_{operation_count[name]}"
        place[method.lower()] = operation(method, pattern, own_id, body, flags, summary, schema or {})
    for name in sorted(os.listdir(schemas)):
        if name.endswith(".json") and name[:-5] not in used:
            fail(f"{schemas}/{name} belongs to no route")
    components = {}
    folder = os.path.join(schemas, "components")
    for name in sorted(os.listdir(folder)):
        components[name[:-5]] = with_refs(json.load(open(os.path.join(folder, name), encoding="utf-8")))
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "ciyuan", "version": version, "description": "The API of a ciyuan hub. Errors of /api/v1 are RFC 9457 problem documents."},
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "responses": {status: {"description": text, "content": problem} for status, text in REFUSALS.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "an access token, cy_…"}},
        },
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    for match in set(re.findall(r'"#/components/schemas/([^"]+)"', text)):
        if match not in components:
            fail(f"a schema names {match}, which is not in {folder}")
    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)
    if len(sys.argv) > 5:
        data = text.encode()
        with open(sys.argv[5], "w", encoding="utf-8") as file:
            file.write('/* Made by tools/make_openapi.py. */\n#include "server/openapi.h"\n\nstatic const unsigned char document[] = {\n')
            for at in range(0, len(data), 24):
                file.write(",".join(str(byte) for byte in data[at:at + 24]) + ",\n")
            file.write("};\nconst struct cy_str cy_openapi_document = {(const char *)document, sizeof document};\n")


main()
