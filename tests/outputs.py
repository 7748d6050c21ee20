"""What is compared of a cell's outputs, by whoever runs a notebook again."""

NOT_COMPARED = ("application/vnd.jupyter.widget-view+json", "image/png", "image/jpeg")  # as in nbval


def comparable(outputs):
    """Return what was printed, stream by stream, and the other outputs in order, without pictures."""
    streams, others = {}, []
    for output in outputs:
        if output.output_type == "stream":
            streams[output.name] = streams.get(output.name, "") + output.text
        elif output.output_type == "error":
            others.append((output.ename, output.evalue))
        else:
            others.append({kind: value for kind, value in output.data.items() if kind not in NOT_COMPARED})
    return streams, others
