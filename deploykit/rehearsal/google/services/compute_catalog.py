"""What Compute Engine offers: zones, regions, machine types and images."""

from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.compute import catalog, filters, projects, resources
from deploykit.rehearsal.google.context import REGIONS, Context


@handles("compute.zones.get")
def get_zone(call: Call) -> dict:
    """Return a zone."""
    return catalog.zone(_ready(call), call.params["zone"])


@handles("compute.zones.list")
def list_zones(call: Call) -> dict:
    """Return all zones."""
    context = _ready(call)
    return _list(call, "zone", "zones", [catalog.zone(context, name) for name in catalog.ZONES])


@handles("compute.regions.get")
def get_region(call: Call) -> dict:
    """Return a region."""
    return catalog.region(_ready(call), call.params["region"])


@handles("compute.regions.list")
def list_regions(call: Call) -> dict:
    """Return all regions."""
    context = _ready(call)
    return _list(call, "region", "regions", [catalog.region(context, name) for name in REGIONS])


@handles("compute.machineTypes.get")
def get_machine_type(call: Call) -> dict:
    """Return a machine type."""
    return catalog.machine_type(_ready(call), call.params["zone"], call.params["machineType"])


@handles("compute.machineTypes.list")
def list_machine_types(call: Call) -> dict:
    """Return the machine types of a zone."""
    context, zone = _ready(call), call.params["zone"]
    return _list(call, "machineType", f"zones/{zone}/machineTypes", _machine_types(context, zone))


@handles("compute.machineTypes.aggregatedList")
def list_all_machine_types(call: Call) -> dict:
    """Return the machine types of all zones."""
    context = _ready(call)
    found = {
        f"zones/{zone}": {"machineTypes": filters.chosen(call, _machine_types(context, zone))} for zone in catalog.ZONES
    }
    return {"kind": "compute#machineTypeAggregatedList", "id": f"projects/{context.project}/machineTypes",
            "items": found}  # fmt: skip


@handles("compute.images.getFromFamily")
def get_newest_image(call: Call) -> dict:
    """Return the newest image of a family."""
    family = call.params["family"]
    _ready(call, whose=catalog.IMAGE_PROJECT)
    if call.params["project"] != catalog.IMAGE_PROJECT or family not in catalog.FAMILIES:
        raise _no_image(call.params["project"], f"family/{family}")
    return catalog.image(family)


@handles("compute.images.get")
def get_image(call: Call) -> dict:
    """Return an image."""
    name = call.params["image"]
    _ready(call, whose=catalog.IMAGE_PROJECT)
    for family, newest in catalog.FAMILIES.items():
        if (call.params["project"], name) == (catalog.IMAGE_PROJECT, newest):
            return catalog.image(family)
    raise _no_image(call.params["project"], name)


@handles("compute.images.list")
def list_images(call: Call) -> dict:
    """Return the images of a project; gcloud asks each of Google's image projects."""
    context, project = _ready(call, whose=call.params["project"]), call.params["project"]
    found = [catalog.image(family) for family in catalog.FAMILIES] if project == catalog.IMAGE_PROJECT else []
    return {"kind": "compute#imageList", "id": f"projects/{project}/global/images", 
            "items": filters.chosen(call, found), "selfLink": resources.link(context, "global/images")}  # fmt: skip


def _ready(call: Call, *, whose: str = "") -> Context:
    """Check the project, which for images may be Google's own."""
    project = call.params["project"]
    projects.ready(call.context, call.context.project if project == whose else project)
    return call.context


def _machine_types(context: Context, zone: str) -> list[dict]:
    return [catalog.machine_type(context, zone, name) for name in catalog.MACHINE_TYPES]


def _list(call: Call, kind: str, path: str, items: list[dict]) -> dict:
    return {"kind": f"compute#{kind}List", "id": f"projects/{call.context.project}/{path}",
            "items": filters.chosen(call, items), "selfLink": resources.link(call.context, path)}  # fmt: skip


def _no_image(project: str, name: str) -> errors.ApiError:
    return errors.not_found(f"The resource 'projects/{project}/global/images/{name}' was not found")
