"""The AWS half of the rehearsal cloud: moto's server, with machines and a registry behind it.

Run as ``python -m deploykit.rehearsal.aws.server PORT REGISTRY``; :func:`deploykit.rehearsal.start` does.
"""

import sys

from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

from deploykit.rehearsal.aws import ec2, ecr


def serve(port: int, registry: str) -> None:
    """Serve the AWS API on 127.0.0.1 until this process is ended."""
    ec2.install()
    ecr.install(registry)
    app = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", port, app, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
