package dev.whittle.quantizer.observe;

import java.util.Locale;

/// How calibration turns what a tensor was seen to hold into a range. A method is written as its name, or as its name, a
/// colon and its number: `min_max`, `moving_average:0.9`, `percentile:99.99`, `entropy`, `mse`. Recipes, the command line and
/// the record in a quantized file all write it so.
public sealed interface CalibrationMethod {
    /// A fresh observer for one tensor.
    Observer observer();

    /// The method as it is written.
    String text();

    /// See [MinMaxObserver].
    record MinMax() implements CalibrationMethod {
        @Override
        public Observer observer() {
            return new MinMaxObserver();
        }

        @Override
        public String text() {
            return "min_max";
        }
    }

    /// See [MovingAverageObserver].
    ///
    /// @param momentum the share of the past, 0 to 1 (both excluded)
    record MovingAverage(float momentum) implements CalibrationMethod {
        /// Some ten samples count.
        public static final float DEFAULT_MOMENTUM = 0.9f;

        public MovingAverage {
            required(momentum);
        }

        static float required(float momentum) {
            if (!(momentum > 0 && momentum < 1)) {
                throw new IllegalArgumentException("momentum is " + momentum + ", must be between 0 and 1");
            }
            return momentum;
        }

        @Override
        public Observer observer() {
            return new MovingAverageObserver(momentum);
        }

        @Override
        public String text() {
            return "moving_average:" + momentum;
        }
    }

    /// See [PercentileObserver].
    ///
    /// @param percent of the elements that the range holds, above 0 and up to 100
    record Percentile(double percent) implements CalibrationMethod {
        public static final double DEFAULT_PERCENT = 99.99;

        public Percentile {
            required(percent);
        }

        static double required(double percent) {
            if (!(percent > 0 && percent <= 100)) {
                throw new IllegalArgumentException("percentile is " + percent + ", must be above 0 and at most 100");
            }
            return percent;
        }

        @Override
        public Observer observer() {
            return new PercentileObserver(percent);
        }

        @Override
        public String text() {
            return "percentile:" + percent;
        }
    }

    /// See [EntropyObserver].
    record Entropy() implements CalibrationMethod {
        @Override
        public Observer observer() {
            return new EntropyObserver();
        }

        @Override
        public String text() {
            return "entropy";
        }
    }

    /// See [MeanSquaredErrorObserver].
    record MeanSquaredError() implements CalibrationMethod {
        @Override
        public Observer observer() {
            return new MeanSquaredErrorObserver();
        }

        @Override
        public String text() {
            return "mse";
        }
    }

    /// The method that `text` says, as [#text] writes it, in any case; a number that is left out has its default.
    ///
    /// @throws IllegalArgumentException when there is no such method, or its number is missing, superfluous or out of bounds
    static CalibrationMethod of(String text) {
        int colon = text.indexOf(':');
        String name = (colon < 0 ? text : text.substring(0, colon)).toLowerCase(Locale.ROOT);
        String number = colon < 0 ? "" : text.substring(colon + 1);
        return switch (name) {
            case "min_max" -> withoutNumber(text, number, new MinMax());
            case "moving_average" -> new MovingAverage((float) number(text, number, MovingAverage.DEFAULT_MOMENTUM));
            case "percentile" -> new Percentile(number(text, number, Percentile.DEFAULT_PERCENT));
            case "entropy" -> withoutNumber(text, number, new Entropy());
            case "mse" -> withoutNumber(text, number, new MeanSquaredError());
            default -> throw new IllegalArgumentException("calibration method \"" + text
                    + "\", expected min_max, moving_average[:MOMENTUM], percentile[:PERCENT], entropy or mse");
        };
    }

    private static CalibrationMethod withoutNumber(String text, String number, CalibrationMethod method) {
        if (!number.isEmpty()) {
            throw new IllegalArgumentException(
                    "calibration method \"" + text + "\", " + method.text() + " takes no number");
        }
        return method;
    }

    private static double number(String text, String number, double defaultNumber) {
        if (number.isEmpty()) {
            return defaultNumber;
        }
        try {
            return Double.parseDouble(number);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "calibration method \"" + text + "\", expected a number behind the colon", e);
        }
    }
}
