"""A client on python3-grpcio (gRPC's C core), with messages made from the released descriptor: no code of ours in it.

usage: python-client.py ADDRESS DESCRIPTOR_SET; prints one JSON object with what the server said.
"""

import json
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

address, descriptor_set = sys.argv[1:]
files = descriptor_pb2.FileDescriptorSet()
with open(descriptor_set, "rb") as data:
    files.ParseFromString(data.read())
pool = descriptor_pool.DescriptorPool()
for file in files.file:
    pool.Add(file)

services = "left4me.host.v1"


def message(name):
    described = pool.FindMessageTypeByName(name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(described)
    return message_factory.MessageFactory(pool).GetPrototype(described)


def method(channel, service, name):
    described = pool.FindServiceByName(f"{services}.{service}").methods_by_name[name]
    request, response = message(described.input_type.full_name), message(described.output_type.full_name)
    kinds = {
        (False, False): channel.unary_unary,
        (False, True): channel.unary_stream,
        (True, False): channel.stream_unary,
    }
    proto = descriptor_pb2.MethodDescriptorProto()
    described.CopyToProto(proto)
    call = kinds[(proto.client_streaming, proto.server_streaming)](
        f"/{services}.{service}/{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
    return call, request


def failure_of(call):
    try:
        call()
    except grpc.RpcError as error:
        return {
            "code": error.code().name,
            "message": error.details(),
            "trailers": sorted(key for key, _ in error.trailing_metadata()),
        }
    return None


said = {}
with grpc.insecure_channel(address) as channel:
    get, GetRequest = method(channel, "InstanceService", "GetInstance")
    said["port"] = get(GetRequest(name="beta"), timeout=10).instance.spec.port
    said["unknown"] = failure_of(lambda: get(GetRequest(name="nobody"), timeout=10))

    logs, LogsRequest = method(channel, "LogService", "StreamLogs")
    said["events"] = [event.WhichOneof("event") for event in logs(LogsRequest(name="alpha"), timeout=10)]

    following = logs(LogsRequest(name="alpha", follow=True), timeout=60)
    said["followed"] = next(following).WhichOneof("event")
    following.cancel()
    said["deadline"] = failure_of(lambda: list(logs(LogsRequest(name="alpha", follow=True), timeout=0.3)))

    upload, UploadRequest = method(channel, "InstallationService", "ImportBuild")
    sent = [UploadRequest(header={"activate": True})] + [UploadRequest(chunk=b"x" * 65536) for _ in range(32)]
    said["uploaded"] = upload(iter(sent), timeout=20).build.id != ""
print(json.dumps(said))
