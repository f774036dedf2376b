package io.plumbline.sandbox.egress;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Certificate authority of one session: made when it starts, known to its sandbox alone, forgotten with it. The keys stay in
 * memory.
 */
final class SessionAuthority {
    /** Longer than any session may last. */
    private static final Duration LIFE = Duration.ofDays(8);

    private static final Duration CLOCK_SKEW = Duration.ofHours(1);
    private static final int MAX_HOSTS = 256;
    private static final X500Name NAME = new X500Name("CN=Plumbline session authority");

    private final KeyPair key;
    private final X509Certificate certificate;
    private final KeyPair hostKey;
    private final Map<String, SSLContext> hosts = new LinkedHashMap<>();

    private SessionAuthority(KeyPair key, X509Certificate certificate, KeyPair hostKey) {
        this.key = key;
        this.certificate = certificate;
        this.hostKey = hostKey;
    }

    static SessionAuthority create() throws EgressException {
        try {
            KeyPair key = newKey();
            JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
            JcaX509v3CertificateBuilder builder = builder(NAME, key);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(key.getPublic()));
            return new SessionAuthority(key, signed(builder, key.getPrivate()), newKey());
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new EgressException("session authority: " + e.getMessage(), e);
        }
    }

    X509Certificate certificate() {
        return certificate;
    }

    /** The server's side of TLS for {@code host}, HTTP/1.1 only. */
    SSLEngine serverEngine(String host) throws IOException {
        SSLEngine engine = context(host).createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        engine.setSSLParameters(parameters);
        return engine;
    }

    static String pem(Certificate certificate) throws GeneralSecurityException {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
                + "\n-----END CERTIFICATE-----\n";
    }

    synchronized SSLContext context(String host) throws IOException {
        SSLContext known = hosts.get(host);
        if (known != null) {
            return known;
        }
        try {
            X509Certificate leaf = leaf(host);
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("host", hostKey.getPrivate(), new char[0], new Certificate[] {leaf, certificate});
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            if (hosts.size() >= MAX_HOSTS) {
                hosts.remove(hosts.keySet().iterator().next());
            }
            hosts.put(host, context);
            return context;
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("certificate for " + host + ": " + e.getMessage(), e);
        }
    }

    private X509Certificate leaf(String host) throws GeneralSecurityException, IOException, OperatorCreationException {
        JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
        // The name is in the alternative name alone: a common name has room for 64 characters only.
        JcaX509v3CertificateBuilder builder = builder(new X500Name("CN=Plumbline egress"), hostKey);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        builder.addExtension(
                Extension.authorityKeyIdentifier, false, identifiers.createAuthorityKeyIdentifier(key.getPublic()));
        builder.addExtension(
                Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName(GeneralName.dNSName, host)));
        return signed(builder, key.getPrivate());
    }

    private static JcaX509v3CertificateBuilder builder(X500Name subject, KeyPair of) {
        Instant now = Instant.now();
        return new JcaX509v3CertificateBuilder(
                NAME,
                new BigInteger(120, new SecureRandom()).add(BigInteger.ONE),
                Date.from(now.minus(CLOCK_SKEW)),
                Date.from(now.plus(LIFE)),
                subject,
                of.getPublic());
    }

    private static X509Certificate signed(JcaX509v3CertificateBuilder builder, PrivateKey by)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by)));
    }

    private static KeyPair newKey() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }
}
