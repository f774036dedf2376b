package io.plumbline.standalone;

import java.time.Duration;
import java.util.List;

/**
 * One process of the tree.
 *
 * @param name short name, also of its log file
 * @param module folder of the module whose class path it runs on
 * @param mainClass prints a line that starts with {@code READY} on its standard output when it can be used
 * @param heapMegabytes limit of its Java heap
 * @param wrapper program, with its arguments, that becomes the JVM; empty: none
 * @param jvm further options of its JVM
 * @param arguments of its main class
 * @param startLimit how long it may take to be ready
 */
public record Component(
        String name,
        String module,
        String mainClass,
        int heapMegabytes,
        List<String> wrapper,
        List<String> jvm,
        List<String> arguments,
        Duration startLimit) {
    public Component {
        wrapper = List.copyOf(wrapper);
        jvm = List.copyOf(jvm);
        arguments = List.copyOf(arguments);
    }
}
