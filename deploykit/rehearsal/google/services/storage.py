"""Cloud Storage: buckets and objects, as gcloud uses them for itself and with ``gcloud storage``."""

import re
from urllib.parse import unquote

from deploykit.rehearsal.google import errors, objects, policies, uploads
from deploykit.rehearsal.google.api import Answer, Call, handles, handles_undefined
from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import Context

KIND = "bucket"
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
DOWNLOAD = re.compile(r"/download/storage/v1/b/(?P<bucket>[^/]+)/o/(?P<object>.+)")


@handles("storage.buckets.get")
def get_bucket(call: Call) -> dict:
    """Return a bucket."""
    return _bucket(call.context, call.params["bucket"])


@handles("storage.buckets.insert")
def create_bucket(call: Call) -> dict:
    """Create a bucket; names are shared by all the world."""
    call.context.require_project(call.query["project"])
    name = call.body.get("name", "")
    if not BUCKET_NAME.fullmatch(name):
        raise errors.invalid(f"Invalid bucket name: '{name}'")
    with call.context.store.transaction():
        if call.context.store.get(KIND, name):
            raise errors.already_exists(
                "Your previous request to create the named bucket succeeded and you already own it."
            )
        return ensure_bucket(call.context, name, location=call.body.get("location", "US"))


@handles("storage.buckets.list")
def list_buckets(call: Call) -> dict:
    """Return the project's buckets."""
    call.context.require_project(call.query["project"])
    found = call.context.store.list(KIND, call.query.get("prefix", ""))
    return {"kind": "storage#buckets", "items": list(found.values())}


@handles("storage.buckets.delete")
def delete_bucket(call: Call) -> Answer:
    """Delete a bucket that holds nothing."""
    name = _bucket(call.context, call.params["bucket"])["name"]
    if objects.listing(call.context, name):
        raise errors.ApiError(409, "FAILED_PRECONDITION", "The bucket you tried to delete is not empty.")
    call.context.store.delete(KIND, name)
    policies.delete(call.context, f"b/{name}")
    return Answer(status=204)


@handles("storage.buckets.getIamPolicy")
def get_policy(call: Call) -> dict:
    """Return who may do what with a bucket."""
    name = _bucket(call.context, call.params["bucket"])["name"]
    return {"kind": "storage#policy", **policies.get(call.context, f"b/{name}")}


@handles("storage.buckets.setIamPolicy")
def set_policy(call: Call) -> dict:
    """Say who may do what with a bucket."""
    name = _bucket(call.context, call.params["bucket"])["name"]
    return policies.put(call.context, f"b/{name}", call.body)


@handles("storage.buckets.getStorageLayout")
def get_layout(call: Call) -> dict:
    """Say how a bucket keeps its objects; gcloud asks before it lists or deletes them."""
    bucket = _bucket(call.context, call.params["bucket"])
    return {
        "kind": "storage#storageLayout",
        "bucket": bucket["name"],
        "location": bucket["location"],
        "locationType": bucket["locationType"],
        "hierarchicalNamespace": {"enabled": False},
    }


@handles("storage.objects.insert")
def upload(call: Call) -> dict | Answer:
    """Take an object, or begin to."""
    bucket = _bucket(call.context, call.params["bucket"])["name"]
    kind = call.query.get("uploadType")
    if kind == "resumable":
        return uploads.begin(call)
    content_type = call.headers.get("content-type", "")
    if kind == "multipart":
        part = uploads.parse_multipart(content_type, call.raw)
        name = part.resource.get("name") or call.query.get("name", "")
        return objects.put(call.context, bucket, name, part.content, content_type=part.content_type)
    return objects.put(call.context, bucket, call.query.get("name", ""), call.raw, content_type=content_type)


@handles("storage.objects.get")
def get_object(call: Call) -> dict | Answer:
    """Return what is known of an object, or its bytes."""
    resource = _object(call.context, call.params["bucket"], call.params["object"])
    return _media(call.context, resource) if call.query.get("alt") == "media" else resource


@handles("storage.objects.list")
def list_objects(call: Call) -> dict:
    """Return a bucket's objects, those below a "folder" as the folder's name alone."""
    bucket = _bucket(call.context, call.params["bucket"])["name"]
    prefix, delimiter = call.query.get("prefix", ""), call.query.get("delimiter", "")
    items, folders = [], set()
    for resource in objects.listing(call.context, bucket, prefix=prefix):
        head, found, _ = resource["name"][len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        if found:
            folders.add(f"{prefix}{head}{delimiter}")
        else:
            items.append(resource)
    return {"kind": "storage#objects", "items": items, "prefixes": sorted(folders)}


@handles("storage.managedFolders.list")
def list_managed_folders(call: Call) -> dict:
    """Return the folders that have a policy of their own: none here; gcloud asks before it deletes a bucket."""
    _bucket(call.context, call.params["bucket"])
    return {"kind": "storage#managedFolders", "items": []}


@handles("storage.objects.delete")
def delete_object(call: Call) -> Answer:
    """Delete an object."""
    resource = _object(call.context, call.params["bucket"], call.params["object"])
    objects.delete(call.context, resource["bucket"], resource["name"])
    return Answer(status=204)


@handles("storage.objects.rewrite")
def copy(call: Call) -> dict:
    """Copy an object; one step is enough here."""
    source = _object(call.context, call.params["sourceBucket"], call.params["sourceObject"])
    bucket = _bucket(call.context, call.params["destinationBucket"])["name"]
    content = objects.path(call.context, source["bucket"], source["name"]).read_bytes()
    name, content_type = call.params["destinationObject"], source["contentType"]
    made = objects.put(call.context, bucket, name, content, content_type=content_type)
    size = made["size"]
    return {
        "kind": "storage#rewriteResponse", "done": True, "objectSize": size, "totalBytesRewritten": size,
        "resource": made,
    }  # fmt: skip


@handles_undefined("storage", "PUT")
def receive(call: Call) -> dict | Answer:
    """Take the next part of an upload, or an object that comes by a signed address."""
    if "X-Goog-Signature" in call.query:
        return uploads.receive_signed(call)
    call.context.require_token(call)
    return uploads.proceed(call)


@handles_undefined("storage", "GET", "HEAD")
def download(call: Call) -> Answer:
    """Return an object's bytes by its address, which is how gcloud follows a build's log."""
    found = DOWNLOAD.fullmatch(call.path)
    bucket, name = found.groups() if found else call.path.removeprefix("/").partition("/")[::2]
    resource = objects.get(call.context, unquote(bucket), unquote(name))
    if resource is None:
        return Answer(b"<Error><Code>NoSuchKey</Code></Error>", 404, "application/xml")
    call.context.require_token(call)
    return _media(call.context, resource)


def ensure_bucket(context: Context, name: str, *, location: str = "US") -> dict:
    """Return a bucket, created if need be."""
    moment = now()
    new = {
        "kind": "storage#bucket", "id": name, "name": name, "projectNumber": context.number,
        "selfLink": f"https://www.googleapis.com/storage/v1/b/{name}", "location": location.upper(),
        "locationType": "region" if "-" in location else "multi-region", "storageClass": "STANDARD",
        "metageneration": "1", "etag": "CAE=", "timeCreated": moment, "updated": moment,
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
    }  # fmt: skip
    with context.store.transaction():
        if context.store.get(KIND, name) is None:
            context.store.put(KIND, name, new)
        return context.store.get(KIND, name)


def _bucket(context: Context, name: str) -> dict:
    bucket = context.store.get(KIND, name)
    if bucket is None:
        raise errors.not_found("The specified bucket does not exist.")
    return bucket


def _object(context: Context, bucket: str, name: str) -> dict:
    resource = objects.get(context, bucket, name)
    if resource is None:
        raise errors.not_found(f"No such object: {bucket}/{name}")
    return resource


def _media(context: Context, resource: dict) -> Answer:
    file = objects.path(context, resource["bucket"], resource["name"])
    return Answer(file=file, content_type=resource["contentType"])
