/** A CIPD service. */
export interface Service {
  /** What the client makes of the URL, and asks its metadata with. */
  readonly url: string;
  /** The same for every spelling. */
  readonly key: string;
}

/**
 * Reads the URL of a service, which is a scheme and a host; the client takes no path, and what it
 * drops in silence (a user, a query) is no URL here.
 *
 * @see luci-go, cipd/client/cipd/client.go: NewClient
 */
export function readServiceUrl(text: string): Service | undefined {
  if (text.length > 500) return undefined;
  const [, scheme = "", host, port] =
    /^(https?):\/\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(:[1-9]\d{0,4})?\/?$/i.exec(text) ?? [];
  if (host === undefined) return undefined;
  const lower = scheme.toLowerCase();
  const isDefault = port === (lower === "https" ? ":443" : ":80");
  return {
    url: `${lower}://${host}${port ?? ""}`,
    key: `${lower}://${host.toLowerCase()}${isDefault ? "" : port ?? ""}`,
  };
}
