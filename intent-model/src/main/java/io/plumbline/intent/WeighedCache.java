package io.plumbline.intent;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Remembers what was asked for last, up to so much weight together; what is heavier than that alone is not kept. For several threads. */
final class WeighedCache<K, V> {
    private final Map<K, V> entries = new LinkedHashMap<>(64, 0.75f, true);
    private final int most;
    private final ToIntFunction<V> weigher;
    private int weight;

    /**
     * @param most weight of all entries together
     * @param weigher of a value, at least 1
     */
    WeighedCache(int most, ToIntFunction<V> weigher) {
        this.most = most;
        this.weigher = weigher;
    }

    synchronized @Nullable V get(K key) {
        return entries.get(key);
    }

    synchronized void put(K key, V value) {
        V before = entries.put(key, value);
        weight += weigher.applyAsInt(value) - (before == null ? 0 : weigher.applyAsInt(before));
        Iterator<V> eldest = entries.values().iterator();
        while (weight > most && eldest.hasNext()) {
            weight -= weigher.applyAsInt(eldest.next());
            eldest.remove();
        }
    }

    synchronized int weight() {
        return weight;
    }
}
