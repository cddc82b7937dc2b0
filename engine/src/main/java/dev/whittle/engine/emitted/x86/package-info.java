/// An assembler for x86-64: the integer, VEX and EVEX instructions that kernels are made of, and no others.
///
/// [Assembler] has one method per instruction, in the order of the manual's operands (destination first), over [Gpr],
/// [Vector], [Mask] and [Address]. `Op` is the table of vector opcodes, `Encoder` turns a row of it and operands into
/// bytes. Sections named are those of the Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
///
/// Bytes are those of the GNU assembler for the text of the listing, which a test holds. Nothing here knows memory that
/// can be run, processors or kernels; it uses nothing else of the project.
@NullMarked
package dev.whittle.engine.emitted.x86;

import org.jspecify.annotations.NullMarked;
