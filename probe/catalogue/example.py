"""A small complete catalogue file to begin with: printed by `probe catalogue example`, shown in the documentation, tested."""

TEXT = """\
# yaml-language-server: $schema=probe/catalogue/schema.json
#
# A service of your own: POST /jobs makes a job, GET /jobs/{id} tells its state, GET /clips/{id} gives the file.
# Check it: probe catalogue lint mine.yaml
# Use it:   probe scan --catalogue default --catalogue mine.yaml --provider generic --target lab=https://HOST/api --id render-123

version: 1
updated: "2026-11-26"

artefacts:
  acme-clip:                                    # a name of your choice
    title: Clip of the Acme renderer
    media_types: [video/mp4]                    # the bytes that prove it
    ids:
      render_id: {prefixes: [render-], bogus: render-000000000000}
      clip_id: {bogus: clip-000000000000}       # no prefix: --id clip_id=VALUE
    states: {pending: [waiting, rendering], ready: [finished], failed: [broken], expired: [gone]}
    status_paths: ["$.job.state"]               # where the word stands in the answer
    expiry_paths: ["$.job.expires_at"]
    lifetime: 24h

endpoints:
  - id: generic.acme.status                     # generic.<yours>.<what>
    artefact: acme-clip
    role: status
    request: GET /jobs/{render_id}
    headers: {X-Acme-Version: "2"}              # never a key: it comes from the environment (--key-env)
    captures: {clip_id: ["$.job.clip"]}         # feeds {clip_id} below
    sources: [{at: "https://acme.example/reference", read: "2026-11-26"}]

  - id: generic.acme.content
    artefact: acme-clip
    role: download
    request: GET /clips/{clip_id}
    sources: [{at: "https://acme.example/reference", read: "2026-11-26"}]
    notes: "A text with a colon: in quotes."
"""
