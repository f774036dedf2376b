package io.plumbline.intent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class WeighedCacheTest {
    private final WeighedCache<String, Integer> cache = new WeighedCache<>(10, weight -> weight);

    @Test
    void forgetsWhatWasNotAskedForLongest() {
        cache.put("a", 4);
        cache.put("b", 4);
        assertThat(cache.get("a")).isEqualTo(4);
        cache.put("c", 4);

        assertThat(cache.get("b")).isNull();
        assertThat(cache.get("a")).isEqualTo(4);
        assertThat(cache.weight()).isEqualTo(8);
    }

    @Test
    void aHeavyOneTakesThePlaceOfMany() {
        for (int i = 0; i < 10; i++) {
            cache.put("light " + i, 1);
        }
        cache.put("heavy", 8);

        assertThat(cache.weight()).isEqualTo(10);
        assertThat(cache.get("light 7")).isNull();
        assertThat(cache.get("light 8")).isEqualTo(1);
    }

    @Test
    void whatIsTooHeavyIsNotKept() {
        cache.put("a", 11);

        assertThat(cache.get("a")).isNull();
        assertThat(cache.weight()).isZero();
    }

    @Test
    void theSameKeyIsWeighedOnce() {
        cache.put("a", 4);
        cache.put("a", 6);

        assertThat(cache.weight()).isEqualTo(6);
    }
}
