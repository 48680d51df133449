"""How people ask for forecasts, and what they are told."""

from __future__ import annotations

from random import Random

from .. import entities as en
from ..domain import POLITE, Domain, Filled


def _weather(_: str, rng: Random, held_out: bool) -> Filled:
    city = en.city(rng, held_out=held_out)
    return Filled({"c": city}, {"city": city})


DOMAIN = Domain(
    "get_weather",
    {
        "c": [
            "(i'd like to know|do you know|can you say|i want to know) (what|how) the (weather|sky|forecast) is "
            "[like] [over|up|down] (in|for) {c} [today|now]",
            "(is it|is the sky|is the day) (nice|fine|bad|wet|dry|grey|clear) [over|up|down] in {c} [today|at present]",
            "(should|must|do) (i|we) (pack|wear|bring|take) (boots|gloves|a hat|a sweater|sunscreen|something "
            "warm) (for|in) {c}",
            "(what sort of|which|what) (weather|temperatures|sky) (is there|can i expect|do they have) (in|for) "
            "{c} [today]",
            "(please|kindly) (search|look for|read me|say) the (weather|forecast|weather report) (for|of|in) {c}",
            "(snow|rain|ice|hail|thunder) (in|over) {c} [today|tonight|this morning]",
            "(any|is there any) (rain|wind|fog|sun|storms) in {c} [today|now]",
            "(i'm|we're|we are) (visiting|heading to|on our way to) {c} "
            "(will it rain|is it cold|what about the weather)",
            "(show|find|give) [me|us] the (temperature|conditions|outlook) (for|in) {c}",
            "(in {c} is it|is {c}) (raining|sunny|cold|warm|windy) [today|right now]",
            "{c} weather [please|today|forecast]",
            "(how|what) about the weather in {c}",
            "(what is|what's|how is|how's|tell me|check|give me|show me) the (weather|forecast|weather "
            "forecast) (in|for) {c} "
            "[today|now|right now|please|like|like today]",
            "(will|does|is) it (going to rain|rain|snow|raining|sunny|be sunny|be cold) in {c} [today|now]",
            "(do i need|should i take|should i bring) (an umbrella|a coat|a jacket|sunglasses) in {c}",
            "how (warm|cold|hot) is it in {c} [today|now|right now]",
            "(weather|forecast|the weather|weather report) (in|for) {c} [please|today]",
            POLITE + "(get|check|look up|tell me) the weather (in|for|of) {c}",
            "(what does the weather|what will the weather) (look like|be like) in {c}",
            "(i am|i'm) (flying|going|driving|travelling) to {c} (what is|how is) the weather there",
            "(what is|what's) the temperature in {c}",
            "(what is|what's) it like (outside in|in) {c} [today]",
        ]
    },
    _weather,
    lambda a, rng: {**a, "sky": en.pick(en.SKIES, rng), "degrees": rng.choice((21, rng.randint(-9, 38)))},
    lambda r, rng: f"It is {r['sky']} in {r['city']} with {r['degrees']} degrees.",
    [
        "(what is|what's|how is|check) the (weather|forecast) [like] [today|tomorrow]",
        "(will it|is it going to) rain",
    ],
    "For which city?",
    "[in|for|i am in|it's] {c} [please]",
    [
        ("weather_report", "Current weather of a place.", {"city": "location"}),
        ("forecast", "Tells the weather somewhere.", {"city": "place"}),
        ("lookup_weather", "Look up sky and temperature.", {"city": "town"}),
        ("check_forecast", "Forecast for a town.", {"city": "where"}),
    ],
)
