"""Prints the scalars in the event files of a folder as JSON: {"tag": [[step, value], ...], ...}.

With --tensorboard, TensorBoard's own reader reads them; without, this file does, by the record format and
event.proto alone, and checks every checksum.
"""
import glob
import json
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    with open(path, "rb") as file:
        while header := file.read(12):
            length, check = struct.unpack("<QI", header)
            assert check == masked(header[:8]), "checksum of a length"
            data = file.read(length)
            assert struct.unpack("<I", file.read(4))[0] == masked(data), "checksum of a record"
            yield data


def fields(data):
    at = 0

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
        else:
            size = {1: 8, 5: 4}.get(kind) or varint()
            yield key >> 3, data[at:at + size]
            at += size


def own_reader(folder):
    scalars = {}
    for path in sorted(glob.glob(folder + "/events.out.tfevents.*")):
        events = [dict(fields(data)) for data in records(path)]
        assert events[0][3] == b"brain.Event:2", events[0]
        for event in events[1:]:
            for _, value in fields(event[5]):
                parts = dict(fields(value))
                number = struct.unpack("<f", parts[2])[0]
                scalars.setdefault(parts[1].decode(), []).append([event[2], number])
    return scalars


def tensorboard_reader(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    events = EventAccumulator(folder)
    events.Reload()
    if events.Tags()["scalars"]:
        return {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    return {tag: [[e.step, float(e.tensor_proto.float_val[0])] for e in events.Tensors(tag)]
            for tag in events.Tags()["tensors"]}


if "--tensorboard" in sys.argv:
    print(json.dumps(tensorboard_reader(sys.argv[1])))
else:
    print(json.dumps(own_reader(sys.argv[1])))
