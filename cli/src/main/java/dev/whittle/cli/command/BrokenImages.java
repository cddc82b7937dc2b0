package dev.whittle.cli.command;

import dev.whittle.cli.FailureMessage;
import dev.whittle.trainer.data.BrokenImage;
import java.io.PrintWriter;
import java.util.List;

/// What a command that goes on says of the files it leaves out.
final class BrokenImages {
    private BrokenImages() {}

    static void list(List<BrokenImage> broken, PrintWriter err) {
        for (BrokenImage image : broken) {
            err.println(FailureMessage.oneLine("left out: " + image.name() + " (" + image.reason() + ")"));
        }
    }
}
