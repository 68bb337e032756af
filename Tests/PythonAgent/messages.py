"""The messages of Proto/flotilla/v1 as Python classes, made when this is imported: no generated file is kept."""

import subprocess
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = Path(__file__).resolve().parents[2]


def _load():
    sources = sorted(str(path.relative_to(ROOT / "Proto")) for path in (ROOT / "Proto").rglob("*.proto"))
    with tempfile.NamedTemporaryFile() as made:
        # protoc-c is protoc with a C back end: it writes descriptors as protoc does.
        subprocess.run(
            ["protoc-c", "-I", ".", "--include_imports", f"--descriptor_set_out={made.name}", *sources],
            cwd=ROOT / "Proto", check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(Path(made.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return message_factory.GetMessageClassesForFiles([file.name for file in files.file], pool)


_classes = _load()


def message_class(name):
    """The class of a message, such as "Hello"."""
    return _classes[f"flotilla.v1.{name}"]
