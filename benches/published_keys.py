#!/usr/bin/env python3
"""Lists the public fingerprints of private keys that stand in public.

    published_keys.py NAME=FOLDER... > src/detect/check/private_key/published.tsv

FOLDER is a checkout (or an unpacked release) of the project NAME. A line of the result is the SHA-256 of a
key's SubjectPublicKeyInfo, a tab, and the file that it is published in; for OpenPGP it is the fingerprint.
No key is written. Keys with a passphrase are read where their public half stands in clear; those of
standards, which stand in no repository as files, are in STANDARDS, as public keys.

Needs the package `cryptography`, and `gpg` for OpenPGP. The reader of the scanner has no part in this, so
that the one checks the other.
"""

import base64
import hashlib
import pathlib
import re
import subprocess
import sys
import tempfile

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs12

BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]*(?:PRIVATE|TESTING) KEY)-----(.*?)-----END \1-----", re.S)
PGP = re.compile(rb"-----BEGIN (PGP PRIVATE KEY BLOCK)-----.*?-----END \1-----", re.S)
# What stands around base64 in the lines of a program.
NOISE = re.compile(rb"\\[nrt]|[^0-9A-Za-z+/=]|(?m:^\s*[+/]+\s)")
# Public keys of sample keys: what Ed25519 and X25519 are shown with.
STANDARDS = {
    "RFC 8032, 7.1": (
        ed25519.Ed25519PublicKey,
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    ),
    "RFC 8410, 10.3": (
        ed25519.Ed25519PublicKey,
        "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
    ),
    "RFC 7748, 6.1": (
        x25519.X25519PublicKey,
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    ),
}
LARGEST = 1 << 20
SAMPLE_PASSWORDS = [None, b"", b"password", b"changeit", b"test", b"example"]


def spki(public):
    """The SHA-256 of a public key's SubjectPublicKeyInfo."""
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def ssh_public(blob):
    """The public key in a blob of SSH, or None."""
    kind = blob[4 : 4 + int.from_bytes(blob[:4], "big")]
    try:
        return serialization.load_ssh_public_key(kind + b" " + base64.b64encode(blob))
    except Exception:
        return None


def openssh_public(container):
    """The public key in the container of OpenSSH: the fifth field."""
    at = len(b"openssh-key-v1\0")
    for _ in range(3):
        at += 4 + int.from_bytes(container[at : at + 4], "big")
    at += 4
    length = int.from_bytes(container[at : at + 4], "big")
    return ssh_public(container[at + 4 : at + 4 + length])


def decode(body):
    """The bytes of a block's base64, whatever quotes and escapes it stands in."""
    lines = [line for line in re.split(rb"\\n|\n", body) if b":" not in line]
    text = b"".join(NOISE.sub(b"", re.sub(rb"['\"]\s*[+.]\s*$", b"", line)) for line in lines)
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except Exception:
        return b""


def of_der(der):
    """The public key of a private key in DER, or None."""
    try:
        return serialization.load_der_private_key(der, None).public_key()
    except Exception:
        return None


def of_block(label, body):
    """The fingerprint of a block's key, or None."""
    der = decode(body)
    if der.startswith(b"openssh-key-v1\0"):
        public = openssh_public(der)
    else:
        public = of_der(der)
    try:
        return spki(public) if public else None
    except Exception:
        return None


def of_pgp(block):
    """The fingerprints of the keys in an OpenPGP block."""
    with tempfile.TemporaryDirectory() as home:
        command = ["gpg", "--homedir", home, "--batch", "--with-colons", "--show-keys"]
        seen = subprocess.run(command, input=block, capture_output=True, check=False).stdout
    lines = seen.decode(errors="replace").splitlines()
    primary = [n for n, line in enumerate(lines) if line.startswith("sec:")]
    return [lines[n + 1].split(":")[9] for n in primary if lines[n + 1].startswith("fpr:")]


def of_putty(text):
    """The fingerprint of a PuTTY key, whose public half is always in clear."""
    found = re.search(rb"Public-Lines: (\d+)\r?\n", text)
    lines = text[found.end() :].splitlines()[: int(found.group(1))] if found else []
    public = ssh_public(base64.b64decode(b"".join(lines))) if lines else None
    return spki(public) if public else None


def of_store(data):
    """The fingerprint of the key in a PKCS#12 with no password, or one of those of samples."""
    for password in SAMPLE_PASSWORDS:
        try:
            key = pkcs12.load_key_and_certificates(data, password)[0]
            return spki(key.public_key()) if key else None
        except Exception:
            continue
    return None


def of_file(path):
    """The fingerprints of all keys in a file."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
        return
    data = path.read_bytes()
    suffix = path.suffix.lower()
    if suffix in (".pk8", ".der", ".key", ".bin"):
        public = of_der(data)
        yield spki(public) if public else None
    if suffix in (".p12", ".pfx", ".pkcs12"):
        yield of_store(data)
    if b"PuTTY-User-Key-File-" in data:
        yield of_putty(data)
    for block in PGP.finditer(data):
        yield from of_pgp(block.group().replace(b"\\n", b"\n"))
    for block in BLOCK.finditer(data):
        yield of_block(*block.groups())


def of_standards():
    """The fingerprints of sample keys, each with the name of its document."""
    for name, (kind, *keys) in STANDARDS.items():
        for key in keys:
            yield spki(kind.from_public_bytes(bytes.fromhex(key))), name


def main():
    found = {}
    standards = dict(of_standards())
    for argument in sys.argv[1:]:
        name, _, folder = argument.partition("=")
        root = pathlib.Path(folder)
        for path in sorted(root.rglob("*")):
            if ".git" in path.parts:
                continue
            try:
                prints = [one for one in of_file(path) if one]
            except OSError:
                continue
            for fingerprint in prints:
                origin = f"{name} {path.relative_to(root).as_posix()}"
                # Of several places the first project named has the word, and its shortest path.
                found.setdefault(fingerprint, []).append(origin)
    lines = dict(standards)
    for fingerprint, origins in found.items():
        project = origins[0].split(" ")[0]
        own = [origin for origin in origins if origin.split(" ")[0] == project]
        lines.setdefault(fingerprint, min(own, key=lambda origin: (len(origin), origin)))
    for fingerprint, origin in sorted(lines.items()):
        print(f"{fingerprint}\t{origin}")


if __name__ == "__main__":
    main()
