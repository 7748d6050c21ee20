"""Texts that try to become part of a page, and what tells whether one did."""

ELSEWHERE = "https://elsewhere.example/"
"""What a text that got in would ask for."""

TEXTS = (
    f'<img class="planted" src="{ELSEWHERE}a" onerror="self.planted = 1">',
    f'"><img class="planted" src="{ELSEWHERE}b" onerror="self.planted = 1">',
    '\'><svg class="planted" onload="self.planted = 1"></svg>',
    '</script><script class="planted">self.planted = 1</script>',
    '</select></textarea></title><iframe class="planted" srcdoc="<script>top.planted = 1</script>"></iframe>',
    '" class="planted" autofocus onfocus="self.planted = 1" x="',
    "&lt;b class=planted&gt;", "javascript:self.planted=1", "${self.planted = 1}", "__proto__",
)

PLANTED = "self.planted !== undefined || document.querySelector('.planted, [onerror], [onload], [onfocus], [srcdoc]') !== null"
"""Whether any of them is an element or an attribute of the page, or has run: to be evaluated there."""
