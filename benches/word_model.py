#!/usr/bin/env python3
"""Makes the two tables by which blurt tells words from random letters, from any public source text.

    python3 benches/word_model.py TREE [TREE ...] [--out src/detect/score]

Each folder of a TREE counts as one package: a crate, a Debian source package, a Python library. Every
word of a text file (a run of small letters, perhaps with a capital before it, or of capitals, with no
digit beside it) counts once a package, so that no large package speaks for all. Files over 300 kB and binary ones are left out.

- `words.txt`: the words that stand in many packages, by length and then by alphabet;
- `letters.txt`: for each two letters, how surprising each letter behind them is, in quarters of a bit,
  one character each: `0` is none, and each further character of ASCII a quarter more. A row stands for
  two letters, `^` being the beginning of a word; its columns are a to z, and the end of the word.

The tables in the repository were made from the sources of 738 crates, 38 repositories and Debian
packages, the standard library of Python, and the documentation of a Debian system. Python alone is
needed.
"""
import argparse
import collections
import concurrent.futures
import math
import os
import pathlib
import re

# Not the letters between the digits of hexadecimal numbers and base64.
WORD = re.compile(rb"(?<![0-9+/])(?:[A-Z]?[a-z]+|[A-Z]{2,}(?![a-z]))(?![0-9+/])")
LONGEST_FILE, LONGEST_PACKAGE = 300_000, 4_000_000
SHORTEST_WORD, LONGEST_WORD = 3, 16
# Packages that a word must stand in to be one: short ones arise by chance.
PACKAGES = {3: 100}
PACKAGES_OF_LONGER = 12
# Words of fewer packages teach the letters nothing but typing errors.
PACKAGES_FOR_LETTERS = 4
LETTERS = "abcdefghijklmnopqrstuvwxyz"
START, END = "^", "$"
# Added to every count: what was never seen is rare, not impossible.
SMOOTHING = 0.3
STEPS_A_BIT, FIRST, STEPS = 4, ord("0"), 64


def text_files(package):
    """The contents of the text files of a package, up to its share."""
    read = 0
    for folder, folders, names in os.walk(package):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                if os.path.islink(path) or os.path.getsize(path) > LONGEST_FILE:
                    continue
                content = pathlib.Path(path).read_bytes()
            except OSError:
                continue
            if b"\0" in content[:4096]:
                continue
            yield content
            read += len(content)
            if read > LONGEST_PACKAGE:
                return


def words_of(package):
    words = set()
    for content in text_files(package):
        found = (word.lower() for word in set(WORD.findall(content)))
        words.update(word for word in found if SHORTEST_WORD <= len(word) <= LONGEST_WORD)
    return words


def count(trees):
    """In how many packages each word stands."""
    packages = [entry.path for tree in trees for entry in sorted(os.scandir(tree), key=lambda e: e.name)
                if entry.is_dir()]
    counts = collections.Counter()
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for words in pool.map(words_of, packages, chunksize=4):
            counts.update(words)
    return {word.decode(): number for word, number in counts.items()}


def dictionary(counts):
    often = (word for word, number in counts.items()
             if number >= PACKAGES.get(len(word), PACKAGES_OF_LONGER))
    return sorted(often, key=lambda word: (len(word), word))


def surprises(counts):
    """Rows of `letters.txt`: for `^^`, `^a` … `zz`."""
    triples, pairs = collections.Counter(), collections.Counter()
    for word, number in counts.items():
        if number < PACKAGES_FOR_LETTERS:
            continue
        weight = math.log(1 + number)
        text = START * 2 + word + END
        for at in range(2, len(text)):
            triples[text[at - 2:at + 1]] += weight
            pairs[text[at - 2:at]] += weight
    columns = LETTERS + END
    for first in START + LETTERS:
        for second in START + LETTERS:
            total = pairs[first + second] + SMOOTHING * len(columns)
            bits = (-math.log2((triples[first + second + third] + SMOOTHING) / total)
                    for third in columns)
            steps = (min(round(bit * STEPS_A_BIT), STEPS - 1) for bit in bits)
            yield "".join(chr(FIRST + step) for step in steps)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="+", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent / "src/detect/score")
    options = parser.parse_args()
    counts = count(options.trees)
    for name, rows in [("words.txt", dictionary(counts)), ("letters.txt", surprises(counts))]:
        (options.out / name).write_text("".join(f"{row}\n" for row in rows))


if __name__ == "__main__":
    main()
