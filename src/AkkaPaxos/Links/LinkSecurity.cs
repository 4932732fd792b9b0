using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Configuration;
using AkkaPaxos.Hocon;

namespace AkkaPaxos.Links;

/// <summary>TLS on direct links, as the settings of Akka's remoting have it: the same certificate, the same trust.</summary>
internal sealed class LinkSecurity
{
    private const string Tcp = "akka.remote.dot-netty.tcp";

    private readonly X509Certificate2 _certificate;
    private readonly bool _isAnyTrusted;
    private readonly bool _isMutual;
    private readonly bool _checksHost;

    private LinkSecurity(X509Certificate2 certificate, bool isAnyTrusted, bool isMutual, bool checksHost) =>
        (_certificate, _isAnyTrusted, _isMutual, _checksHost) = (certificate, isAnyTrusted, isMutual, checksHost);

    /// <summary>What the configuration says; null: no TLS.</summary>
    /// <param name="config">The whole configuration of an actor system.</param>
    /// <exception cref="SettingException">The certificate cannot be had; one line that names the key.</exception>
    public static LinkSecurity? Read(Config config)
    {
        if (!config.GetBoolean($"{Tcp}.enable-ssl")) return null;
        var ssl = config.GetConfig($"{Tcp}.ssl");
        return new LinkSecurity(
            ssl.GetBoolean("certificate.use-thumbprint-over-file") ? FromStore(ssl) : FromFile(ssl),
            ssl.GetBoolean("suppress-validation"),
            ssl.GetBoolean("require-mutual-authentication", true),
            ssl.GetBoolean("validate-certificate-hostname"));
    }

    private static X509Certificate2 FromFile(Config ssl)
    {
        const string Key = $"{Tcp}.ssl.certificate.path";
        var path = ssl.GetString("certificate.path");
        try
        {
            return X509CertificateLoader.LoadPkcs12FromFile(path ?? "", ssl.GetString("certificate.password"));
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SettingException(Key, $"{Key} = \"{path}\": the certificate cannot be read: {e.Message}", e);
        }
    }

    private static X509Certificate2 FromStore(Config ssl)
    {
        const string Key = $"{Tcp}.ssl.certificate.thumbprint";
        var thumbprint = ssl.GetString("certificate.thumbprint");
        var name = ssl.GetString("certificate.store-name");
        var location = ssl.GetString("certificate.store-location") == "local-machine" ? StoreLocation.LocalMachine : StoreLocation.CurrentUser;
        using var store = new X509Store(name ?? "My", location);
        store.Open(OpenFlags.ReadOnly);
        var found = store.Certificates.Find(X509FindType.FindByThumbprint, thumbprint ?? "", validOnly: !ssl.GetBoolean("suppress-validation"));
        return found.Count > 0 ? found[0] : throw new SettingException(Key, $"{Key} = \"{thumbprint}\": there is no such certificate in the store {location}/{name}");
    }

    /// <summary>The side that listens.</summary>
    /// <exception cref="AuthenticationException">The other side is not to be trusted.</exception>
    public Task<Stream> Serve(Stream stream, CancellationToken cancel) => Secured(stream, ssl => ssl.AuthenticateAsServerAsync(
        new SslServerAuthenticationOptions
        {
            ServerCertificate = _certificate,
            ClientCertificateRequired = _isMutual,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                IsTrusted(certificate, errors & ~SslPolicyErrors.RemoteCertificateNameMismatch, _isMutual),
        }, cancel));

    /// <summary>The side that connects.</summary>
    /// <exception cref="AuthenticationException">The other side is not to be trusted.</exception>
    public Task<Stream> Connect(Stream stream, string host, CancellationToken cancel) => Secured(stream, ssl => ssl.AuthenticateAsClientAsync(
        new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificates = _isMutual ? [_certificate] : [],
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                IsTrusted(certificate, _checksHost ? errors : errors & ~SslPolicyErrors.RemoteCertificateNameMismatch, true),
        }, cancel));

    private bool IsTrusted(X509Certificate? certificate, SslPolicyErrors errors, bool isNeeded) =>
        certificate is null ? !isNeeded : _isAnyTrusted || errors == SslPolicyErrors.None;

    private static async Task<Stream> Secured(Stream stream, Func<SslStream, Task> authenticate)
    {
        var ssl = new SslStream(stream);
        await authenticate(ssl).ConfigureAwait(false);
        return ssl;
    }
}
