"""What more than one stage must know alike, one definition each: links, URLs, hosts, ids, states, headers, durations."""
