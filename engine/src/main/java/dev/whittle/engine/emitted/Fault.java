package dev.whittle.engine.emitted;

/// A way in which machine code can be refused, made to happen by `-Dwhittle.emitted.fault`, to see that everything works
/// without: `mmap` and `mprotect` ask the system for what it has to refuse, `self-test` takes every answer for wrong.
enum Fault {
    MMAP("mmap"), MPROTECT("mprotect"), SELF_TEST("self-test");

    static final String PROPERTY = "whittle.emitted.fault";

    private final String spelling;

    Fault(String spelling) {
        this.spelling = spelling;
    }

    boolean isAskedFor() {
        return spelling.equals(System.getProperty(PROPERTY));
    }
}
