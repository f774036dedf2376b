package io.plumbline.sandbox.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;

class ClientHelloTest {
    @Test
    void readsTheNameThatTheJdksClientSends() throws Exception {
        byte[] hello = hello("files.example.com");
        ClientHello.Read read = ClientHello.read(wire(hello));

        assertThat(read.hello()).isEqualTo(new ClientHello("files.example.com", false));
        assertThat(read.bytes()).isEqualTo(hello);
    }

    @Test
    void readsAHelloInRecordsOfOneByte() throws Exception {
        byte[] hello = hello("Files.Example.com");
        ByteArrayOutputStream fragmented = new ByteArrayOutputStream();
        for (int i = 5; i < hello.length; i++) {
            fragmented.writeBytes(new byte[] {22, 3, 1, 0, 1, hello[i]});
        }
        ClientHello.Read read = ClientHello.read(wire(fragmented.toByteArray()));

        assertThat(read.hello().serverName()).isEqualTo("files.example.com");
        assertThat(read.bytes()).isEqualTo(fragmented.toByteArray());
    }

    @Test
    void tellsAHelloWithoutAName() throws Exception {
        assertThat(ClientHello.read(wire(hello(""))).hello().serverName()).isEmpty();
    }

    @Test
    void tellsAnEncryptedHello() throws Exception {
        assertThat(ClientHello.parse(message(extension(0xfe0d, 1, 2, 3))).encrypted())
                .isTrue();
    }

    @Test
    void refusesWhatServersCouldReadInTwoWays() {
        byte[] name = {0, 6, 0, 0, 3, 'a', '.', 'b'};
        for (ByteBuffer message : List.of(
                message(extension(0, name), extension(0, name)),
                message(extension(0, 0, 12, 0, 0, 3, 'a', '.', 'b', 0, 0, 3, 'c', '.', 'd')),
                message(extension(0, 0, 6, 1, 0, 3, 'a', '.', 'b')),
                message(extension(0, 0, 6, 0, 0, 3, 'a', 0, 'b')),
                message(extension(0, 0, 6, 0, 0, 9, 'a', '.', 'b')),
                message(extension(0, 0, 5, 0, 0, 2, 'a', '.')),
                message(extension(0)))) {
            assertThatThrownBy(() -> ClientHello.parse(message)).isInstanceOf(Denial.class);
        }
    }

    @Test
    void refusesWhatIsNoHello() {
        byte[] large = new byte[ClientHello.MAX_BYTES + 100];
        for (int i = 0; i + 105 < large.length; i += 105) {
            System.arraycopy(new byte[] {22, 3, 1, 0, 100}, 0, large, i, 5);
        }
        large[5] = 1;
        large[6] = 0;
        large[7] = (byte) 0xff;
        for (byte[] bytes : List.of(
                "GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                new byte[] {22, 3, 1, 0, 0},
                new byte[] {22, 3, 1, (byte) 0xff, (byte) 0xff},
                new byte[] {22, 2, 1, 0, 4, 1, 0, 0, 0},
                new byte[] {22, 3, 1, 0, 4, 2, 0, 0, 0},
                new byte[] {22, 3, 1, 0, 4, 1, (byte) 0xff, 0, 0},
                new byte[] {22, 3, 1, 0, 4, 1, 0, 0, 0},
                new byte[] {22, 3},
                new byte[] {(byte) 0x80, 0x2e, 1, 3, 1},
                large)) {
            assertThatThrownBy(() -> ClientHello.read(wire(bytes)))
                    .as(Arrays.toString(Arrays.copyOf(bytes, Math.min(20, bytes.length))))
                    .isInstanceOf(Denial.class);
        }
    }

    /** As the JDK's TLS client sends it. */
    static byte[] hello(String name) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, null, null);
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        if (!name.isEmpty()) {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(name)));
            engine.setSSLParameters(parameters);
        }
        ByteBuffer out = ByteBuffer.allocate(32 * 1024);
        engine.wrap(ByteBuffer.allocate(0), out);
        byte[] hello = new byte[out.flip().remaining()];
        out.get(hello);
        return hello;
    }

    static Wire wire(byte[] bytes) {
        ReadableByteChannel channel = Channels.newChannel(new ByteArrayInputStream(bytes));
        return new Wire(new Duplex() {
            @Override
            public int read(ByteBuffer into) throws java.io.IOException {
                return channel.read(into);
            }

            @Override
            public int write(ByteBuffer from) {
                throw new IllegalStateException("nothing is answered");
            }

            @Override
            public void endOutput() {}

            @Override
            public void close() {}
        });
    }

    private static byte[] extension(int type, int... content) {
        byte[] bytes = new byte[content.length];
        for (int i = 0; i < content.length; i++) {
            bytes[i] = (byte) content[i];
        }
        return extension(type, bytes);
    }

    private static byte[] extension(int type, byte[] content) {
        return ByteBuffer.allocate(4 + content.length)
                .putShort((short) type)
                .putShort((short) content.length)
                .put(content)
                .array();
    }

    private static ByteBuffer message(byte[]... extensions) {
        int length = Arrays.stream(extensions).mapToInt(e -> e.length).sum();
        ByteBuffer message = ByteBuffer.allocate(4 + 2 + 32 + 1 + 4 + 2 + 2 + length);
        message.put((byte) 1).put(new byte[3]).put(new byte[34]).put((byte) 0);
        message.putShort((short) 2)
                .putShort((short) 0x1301)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) length);
        Arrays.stream(extensions).forEach(message::put);
        return message.flip();
    }
}
