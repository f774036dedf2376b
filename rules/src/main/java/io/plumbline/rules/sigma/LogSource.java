package io.plumbline.rules.sigma;

/**
 * Where events come from. In a rule an empty part means any; in an event it means that the part is not known.
 */
public record LogSource(String category, String product, String service) {
    /** True when every part that this rule's source names is the event's. */
    public boolean accepts(LogSource event) {
        return accepts(category, event.category) && accepts(product, event.product) && accepts(service, event.service);
    }

    private static boolean accepts(String wanted, String declared) {
        return wanted.isEmpty() || wanted.equals(declared);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        append(text, "category", category);
        append(text, "product", product);
        append(text, "service", service);
        return text.isEmpty() ? "any" : text.toString();
    }

    private static void append(StringBuilder text, String name, String value) {
        if (!value.isEmpty()) {
            text.append(text.isEmpty() ? "" : " ").append(name).append('=').append(value);
        }
    }
}
