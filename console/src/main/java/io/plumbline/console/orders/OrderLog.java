package io.plumbline.console.orders;

import io.plumbline.events.v1.Event;

/** Where orders are written. */
public interface OrderLog {
    /** Returns once the order is durable. */
    void append(Event order) throws OrderLogException;

    /** The order may or may not have been written; giving it again is safe for freezes, thaws and kills. */
    final class OrderLogException extends Exception {
        private static final long serialVersionUID = 1;

        public OrderLogException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
