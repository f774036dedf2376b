package io.plumbline.bench;

import io.plumbline.sandbox.rootfs.Bundle;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Workloads on several grounds, in turns, so that what else the machine does meets all of them alike.
 *
 * @param millis medians by workload and ground, milliseconds
 */
record Comparison(List<Workload> workloads, List<Ground> grounds, double[][] millis) {
    /**
     * @param parent of the folders that are made and removed
     * @param rounds measurements of each pair
     * @param progress gets a line with each workload's medians as soon as it is measured
     */
    static Comparison measure(
            List<Workload> workloads, List<Ground> grounds, int rounds, Path parent, PrintWriter progress)
            throws IOException, InterruptedException {
        double[][] medians = new double[workloads.size()][grounds.size()];
        for (int w = 0; w < workloads.size(); w++) {
            List<List<Double>> measured = new ArrayList<>();
            grounds.forEach(ground -> measured.add(new ArrayList<>()));
            // Once more than counted: the first finds files that nobody has read yet.
            for (int round = 0; round <= rounds; round++) {
                for (int g = 0; g < grounds.size(); g++) {
                    Path directory = Files.createTempDirectory(parent, "w");
                    try {
                        double millis = grounds.get(g).millis(workloads.get(w), directory);
                        if (round > 0) {
                            measured.get(g).add(millis);
                        }
                    } finally {
                        Bundle.deleteTree(directory);
                    }
                }
            }
            for (int g = 0; g < grounds.size(); g++) {
                medians[w][g] =
                        median(measured.get(g).stream().mapToDouble(x -> x).toArray());
            }
            progress.printf(Locale.ROOT, "%-34s", workloads.get(w).name());
            for (int g = 0; g < grounds.size(); g++) {
                progress.printf(Locale.ROOT, "  %s %.0f ms", grounds.get(g).name(), medians[w][g]);
            }
            progress.println();
            progress.flush();
        }
        return new Comparison(workloads, grounds, medians);
    }

    /** How much longer each workload takes on one ground than on another. */
    double[] ratios(int ground, int than) {
        return Arrays.stream(millis).mapToDouble(row -> row[ground] / row[than]).toArray();
    }

    static double median(double[] values) {
        double[] sorted = Arrays.stream(values).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
