"""Reads instructions, one case a line, and writes the bytes that the GNU assembler makes of each: hex, tab, case.

    java -cp engine/target/classes:engine/target/test-classes dev.whittle.engine.emitted.x86.EncodingCases \\
        | python3 testdata/emitted/assemble.py > testdata/emitted/encodings.tsv
"""
import os
import re
import subprocess
import sys
import tempfile

cases = sys.stdin.read().splitlines()
with tempfile.TemporaryDirectory() as directory:
    source, linked, flat = (os.path.join(directory, name) for name in ("cases.s", "cases.o", "cases.bin"))
    with open(source, "w") as out:
        out.write(".intel_syntax noprefix\n")
        for i, case in enumerate(cases):
            # Labels are numbered from 0 in each case; those of the cases themselves stay in the symbol table.
            out.write(f"case{i}: " + re.sub(r"\bL(\d+)\b", rf".L{i}_\1", case) + "\n")
        out.write(f"case{len(cases)}:\n")
    subprocess.run(["as", "-o", linked, source], check=True)
    subprocess.run(["objcopy", "-O", "binary", "-j", ".text", linked, flat], check=True)
    symbols = subprocess.run(["nm", linked], check=True, capture_output=True, text=True).stdout
    with open(flat, "rb") as file:
        code = file.read()
offsets = {name: int(offset, 16) for offset, _, name in (line.split() for line in symbols.splitlines())}
for i, case in enumerate(cases):
    print(code[offsets[f"case{i}"]:offsets[f"case{i + 1}"]].hex() + "\t" + case)
