package io.plumbline.console.api;

import io.plumbline.console.live.VerdictFeed;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Whether the console lives, and whether it can do its work; open to everybody, so the reasons name parts, not addresses. */
@RestController
class ProbeController {
    private final Search search;
    private final VerdictFeed feed;

    ProbeController(Search search, VerdictFeed feed) {
        this.search = search;
        this.feed = feed;
    }

    @GetMapping("/livez")
    Map<String, Object> alive() {
        return Map.of("status", "alive");
    }

    @GetMapping("/readyz")
    ResponseEntity<Map<String, Object>> ready() {
        List<String> reasons = new ArrayList<>();
        try {
            search.check();
        } catch (SearchUnavailableException e) {
            reasons.add("the search copy does not answer");
        }
        if (!feed.isConnected()) {
            reasons.add("the verdicts topic cannot be read");
        }
        return ResponseEntity.status(reasons.isEmpty() ? 200 : 503)
                .body(Map.of("status", reasons.isEmpty() ? "ready" : "not ready", "reasons", reasons));
    }
}
