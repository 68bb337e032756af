"""The hashes of docs/protocol.md."""

import hashlib


def map_hash(entries):
    """Of an inventory (id to version) or of statuses (id to status_digest)."""
    lines = sorted((key.encode(), value.encode()) for key, value in entries.items())
    return hashlib.sha256(b"".join(key + b"\0" + value + b"\n" for key, value in lines)).digest()


def status_digest(status):
    return hashlib.sha256(status).hexdigest()


def manifest_id(manifest):
    return ("s-" + hashlib.sha256(manifest).hexdigest())[:63]


def blob_digest(blob):
    return "sha256:" + hashlib.sha256(blob).hexdigest()
