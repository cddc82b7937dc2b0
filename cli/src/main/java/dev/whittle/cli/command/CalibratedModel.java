package dev.whittle.cli.command;

import dev.whittle.engine.model.Model;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.CalibrationRecord;

/// A float model ready to be quantized.
///
/// @param model with its corrections
/// @param calibration what its activations were seen to hold
/// @param record how that came about, for the quantized file
record CalibratedModel(Model model, Calibration calibration, CalibrationRecord record) {
}
