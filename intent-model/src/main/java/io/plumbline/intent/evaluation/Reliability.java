package io.plumbline.intent.evaluation;

import java.util.List;
import java.util.Locale;

/** How far probabilities agree with frequencies, in ten bins of equal width. */
public final class Reliability {
    private static final int BINS = 10;

    private final double[] claimed = new double[BINS];
    private final double[] happened = new double[BINS];
    private final int[] count = new int[BINS];
    private int all;

    public void add(double probability, boolean bad) {
        int bin = Math.clamp((long) (probability * BINS), 0, BINS - 1);
        claimed[bin] += probability;
        happened[bin] += bad ? 1 : 0;
        count[bin]++;
        all++;
    }

    /** Expected calibration error, 0 to 1. */
    public double error() {
        double error = 0;
        for (int i = 0; i < BINS; i++) {
            error += Math.abs(claimed[i] - happened[i]) / Math.max(1, all);
        }
        return error;
    }

    /** The reliability plot as SVG: a circle a bin, as large as its share; the line is perfect agreement. */
    public String svg(String title) {
        StringBuilder svg = new StringBuilder(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 360 380\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.append("<title>").append(title).append("</title>\n<rect width=\"360\" height=\"380\" fill=\"white\"/>\n");
        svg.append("<text x=\"40\" y=\"20\">").append(title).append("</text>\n");
        svg.append("<rect x=\"40\" y=\"30\" width=\"300\" height=\"300\" fill=\"none\" stroke=\"#888\"/>\n");
        svg.append("<line x1=\"40\" y1=\"330\" x2=\"340\" y2=\"30\" stroke=\"#bbb\"/>\n");
        for (int i = 0; i < BINS; i++) {
            if (count[i] > 0) {
                svg.append(String.format(
                        Locale.ROOT,
                        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"#1f6feb\" fill-opacity=\"0.7\"><title>%d acts</title></circle>%n",
                        40 + 300 * claimed[i] / count[i],
                        330 - 300 * happened[i] / count[i],
                        3 + 12 * Math.sqrt((double) count[i] / all),
                        count[i]));
            }
        }
        for (String label : List.of("0", "0.5", "1")) {
            double at = 40 + 300 * Double.parseDouble(label);
            svg.append(String.format(
                    Locale.ROOT, "<text x=\"%.0f\" y=\"345\" text-anchor=\"middle\">%s</text>%n", at, label));
            svg.append(String.format(
                    Locale.ROOT, "<text x=\"34\" y=\"%.0f\" text-anchor=\"end\">%s</text>%n", 374 - at, label));
        }
        svg.append(
                "<text x=\"190\" y=\"368\" text-anchor=\"middle\">probability given, and share that did not serve (upwards)</text>\n");
        return svg.append("</svg>\n").toString();
    }
}
