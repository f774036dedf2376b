package io.plumbline.standalone.cli;

import io.plumbline.standalone.ExitCodes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Checks this machine. */
@Command(name = "doctor", mixinStandardHelpOptions = true, description = "Check this machine, and say what to do.")
final class DoctorCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return ExitCodes.OK;
    }
}
