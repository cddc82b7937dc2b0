package dev.whittle.engine.kernel;

/// An operator outside the schema, known to models by name. Its `prepare` gets the options as the file holds them, in
/// [dev.whittle.engine.model.Options.Custom#data], usually FlexBuffers.
///
/// To have one found by every interpreter, name its class in
/// `META-INF/services/dev.whittle.engine.kernel.CustomOperator`; to give it to some, use [CustomOperators#with].
public interface CustomOperator extends OperatorKernel {

    /// The name in the model's operator codes, such as `TFLite_Detection_PostProcess`.
    String name();
}
