/// What an accelerator or a microcontroller's runtime takes of a model, by its published rules.
@NullMarked
package dev.whittle.quantizer.microscope.device;

import org.jspecify.annotations.NullMarked;
