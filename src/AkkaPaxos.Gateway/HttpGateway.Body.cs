using System.IO.Pipelines;
using System.Text;
using AkkaPaxos.Node;
using Microsoft.AspNetCore.Http;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace AkkaPaxos.Gateway;

// How the body of a request is taken.
public sealed partial class HttpGateway
{
    private const string TooLarge = "etcdserver: request is too large";
    private static readonly Encoding StrictUtf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);

    /// <summary>The body as text.</summary>
    /// <exception cref="FormatException">It is not UTF-8.</exception>
    /// <exception cref="OverloadedException">There is no room for it beside others.</exception>
    /// <exception cref="BadHttpRequestException">It is longer than allowed, or breaks off.</exception>
    private async ValueTask<string> ReadBody(HttpContext context, BudgetShare room)
    {
        var reader = context.Request.BodyReader;
        // Who waits to be told whether to send the body need not send it.
        if (context.Request.ContentLength > _settings.MaxBodySize && context.Request.Headers.Expect.Count > 0) throw TooLong(context);
        var told = Math.Min(context.Request.ContentLength ?? 0, _settings.MaxBodySize);
        if (!room.TryTake(told)) throw Crowded(told);
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > _settings.MaxBodySize)
            {
                reader.AdvanceTo(read.Buffer.End);
                await Discard(reader, context.RequestAborted);
                throw TooLong(context);
            }
            if (read.Buffer.Length - room.Taken is > 0 and var more && !room.TryTake(more)) // its length was not told
            {
                reader.AdvanceTo(read.Buffer.End);
                throw Crowded(more);
            }
            if (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }
            try
            {
                return StrictUtf8.GetString(read.Buffer);
            }
            catch (DecoderFallbackException)
            {
                throw new FormatException("the body is not UTF-8");
            }
            finally
            {
                reader.AdvanceTo(read.Buffer.End);
            }
        }
    }

    /// <summary>
    /// Takes what else is sent, for a while: a connection that is closed while something of it is unread is reset, and the client sees that instead of the
    /// answer.
    /// </summary>
    private static async Task Discard(PipeReader reader, CancellationToken aborted)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            ReadResult read;
            do
            {
                read = await reader.ReadAsync(patience.Token);
                reader.AdvanceTo(read.Buffer.End);
            } while (!read.IsCompleted);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            // It was told, as far as it listens.
        }
    }

    private BadHttpRequestException TooLong(HttpContext context)
    {
        context.Response.Headers.Connection = "close";
        var length = context.Request.ContentLength is { } known ? $"a body of {known} bytes" : "the body";
        return new BadHttpRequestException($"{TooLarge}: {length}; the limit is {_settings.MaxBodySize} bytes", StatusCodes.Status413PayloadTooLarge);
    }
}
