/** An image reference, split and normalised. `name` is kept as written, because that is what goes back into Git. */
export interface ImageReference {
  /** Everything before tag and digest, as written: `nginx`, `ghcr.io/acme/web`. */
  name: string
  /** Host to ask: `docker.io`, `ghcr.io`, `localhost:5000`. */
  registry: string
  /** Path on that host: `library/nginx`, `acme/web`. */
  repository: string
  tag?: string
  /** `sha256:…` */
  digest?: string
}
