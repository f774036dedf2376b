package io.plumbline.sandbox.egress;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Whom the proxy believes to be a destination: the host's own authorities, and those that its configuration adds. */
final class UpstreamTrust {
    private final List<X509Certificate> authorities;
    private final SSLContext context;

    private UpstreamTrust(List<X509Certificate> authorities, SSLContext context) {
        this.authorities = List.copyOf(authorities);
        this.context = context;
    }

    /** @param added PEM of further authorities */
    static UpstreamTrust load(Optional<Path> added) throws EgressException {
        try {
            List<X509Certificate> authorities = new ArrayList<>(system());
            if (added.isPresent()) {
                try (InputStream in = Files.newInputStream(added.get())) {
                    for (Certificate certificate :
                            CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                        authorities.add((X509Certificate) certificate);
                    }
                }
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("a" + i, authorities.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return new UpstreamTrust(authorities, context);
        } catch (GeneralSecurityException | IOException e) {
            throw new EgressException("egress.ca-file: " + e.getMessage() + " (expected: certificates in PEM)", e);
        }
    }

    List<X509Certificate> authorities() {
        return authorities;
    }

    /** The client's side of TLS to {@code host}, whose certificate must name it. */
    SSLEngine clientEngine(Destination destination) {
        SSLEngine engine = context.createSSLEngine(destination.host(), destination.port());
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        engine.setSSLParameters(parameters);
        return engine;
    }

    private static List<X509Certificate> system() throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                return List.of(x509.getAcceptedIssuers());
            }
        }
        return List.of();
    }
}
