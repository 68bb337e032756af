#!/usr/bin/env python3
"""Checks Tests/WireTests/Vectors/protocol.json with Google's protobuf and hashlib. Prints the number of vectors that hold."""

import base64
import json
import sys

import zmq.utils.z85 as z85
from bus import parse_token, routing_id
from google.protobuf import json_format
from hashes import blob_digest, manifest_id, map_hash, status_digest
from messages import ROOT, message_class

checked, failures = 0, []


def check(name, found, wanted):
    global checked
    checked += 1
    if found != wanted:
        failures.append(f"{name}: found {found}, the vector says {wanted}")


def check_message(vector):
    kind = message_class(vector["message"])
    wanted = json_format.ParseDict(vector["fields"], kind())
    check(vector["name"], wanted.SerializeToString(deterministic=True).hex(), vector["hex"])
    check(vector["name"] + ", read", kind.FromString(bytes.fromhex(vector["hex"])), wanted)


def check_batch(vector):
    frames = message_class("Batch").FromString(bytes.fromhex(vector["hex"])).frames
    # Kinds that this version does not know are skipped.
    known = [frame for frame in frames if frame.kind in message_class("Frame").Kind.values()]
    wanted = [json_format.ParseDict(frame, message_class("Frame")()) for frame in vector["frames"]]
    check(vector["name"], known, wanted)
    if payload := vector.get("payload"):
        data = bytes(index % payload["modulus"] for index in range(payload["bytes"]))
        check(vector["name"] + ", payload", blob_digest(data), "sha256:" + payload["sha256"])


def main():
    vectors = json.loads((ROOT / "Tests/WireTests/Vectors/protocol.json").read_text(encoding="utf-8"))
    for vector in vectors["messages"]:
        check_message(vector)
    for vector in vectors["batches"]:
        check_batch(vector)
    for vector in vectors["hashes"]:
        check(vector["name"], map_hash(vector["entries"]).hex(), vector["sha256"])
        for id, status in vector.get("status", {}).items():
            check(f"the status of {id}", status_digest(status.encode()), vector["entries"][id])
    for vector in vectors["keys"]:
        key = bytes.fromhex(vector["bytes"])
        check("Z85", z85.encode(key).decode(), vector["z85"])
        check("base64url", base64.urlsafe_b64decode(vector["base64url"] + "="), key)
        check("routing id", routing_id(key)[:16].hex(), vector["routingIDPrefix"])
    for vector in vectors["tokens"]:
        key, id, secret = parse_token(f" {vector['text']}\n")
        check("join token", (key.hex(), id, secret), (vector["key"], vector["id"], vector["secret"]))
    for vector in vectors["contents"]:
        data = vector["manifest"].encode()
        check("manifest id", (manifest_id(data), blob_digest(data)), (vector["id"], vector["digest"]))
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{checked - len(failures)} of {checked}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
