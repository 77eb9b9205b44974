from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from support import postal
from support.postal import names, rules, states, text

SAMPLES = {
    "CA": ("Ontario", "k1a0b1"),
    "US": ("california", "90210"),
    "GB": ("Kent", "sw1a1aa"),
    "FR": ("", "75 001"),
    "DE": ("", "80331"),
    "JP": ("Tokyo", "1000001"),
    "IE": ("Dublin", "d02x285"),
    "IN": ("Maharashtra", "400 001"),
    "BR": ("São Paulo", "01310100"),
    "AU": ("nsw", "2000"),
    "HK": ("Kowloon", ""),
    "AE": ("Dubai", ""),
    "MX": ("Jalisco", "44100"),
}


def address(sample="CA", /, **parts):
    state, postcode = SAMPLES[sample]
    place = {"city": "Town", "state": state, "postcode": postcode, "country": sample}
    person = {"first_name": "Ada", "last_name": "Byron", "address_1": "1 Main Street"}
    return {**person, **place, **parts}


def errors(*args, **parts):
    with pytest.raises(postal.AddressError) as caught:
        postal.normalised(address(*args, **parts))
    return caught.value.errors


class TestCountries:
    def test_countries_have_their_names_in_ordinary_case(self):
        known = dict(postal.countries())
        assert known["CA"] == "Canada"
        assert known["CI"] == "Côte d’Ivoire"
        assert known["IM"] == "Isle of Man"
        assert known["BA"] == "Bosnia and Herzegovina"
        assert known["GW"] == "Guinea-Bissau"
        assert known["CC"] == "Cocos (Keeling) Islands"
        assert known["TA"] == "Tristan da Cunha"
        assert known["AX"] == "Åland Islands"
        assert "ZZ" not in known

    def test_no_name_is_in_capitals_or_given_twice(self):
        listed = [name for _, name in postal.countries()]
        assert not [name for name in listed if name.isupper()]
        assert len(set(listed)) == len(listed)

    def test_countries_are_sorted_by_name(self):
        listed = [text.folded(name) for _, name in postal.countries()]
        assert listed == sorted(listed)


class TestForms:
    @pytest.mark.parametrize(
        ("country", "labels"),
        [
            ("CA", ["City", "Province", "Postal code"]),
            ("US", ["City", "State", "ZIP code"]),
            ("GB", ["Town or city", "County", "Postcode"]),
            ("FR", ["Postal code", "City"]),
            ("DE", ["Postal code", "City"]),
            ("JP", ["Postal code", "Prefecture", "City"]),
            ("IE", ["City", "County", "Eircode"]),
            ("IN", ["City", "PIN code", "State"]),
            ("BR", ["City", "State", "Postal code"]),
            ("AU", ["Suburb", "State", "Postcode"]),
            ("HK", ["Area", "District"]),
            ("AE", ["City", "Emirate"]),
            ("MX", ["Postal code", "City", "State"]),
        ],
    )
    def test_a_form_asks_in_the_words_and_the_order_of_the_country(self, country, labels):
        places = [one for one in postal.form(country) if one.name in ("city", "state", "postcode")]
        assert [one.label for one in places] == labels

    @pytest.mark.parametrize("country", names.by_code())
    def test_a_form_always_has_a_person_an_address_and_a_phone(self, country):
        fields = [one.name for one in postal.form(country)]
        always = {"first_name", "last_name", "company", "address_1", "address_2", "city", "phone"}
        assert always <= set(fields)
        assert len(set(fields)) == len(fields)

    def test_a_japanese_form_begins_with_the_place(self):
        assert [one.name for one in postal.form("jp")] == [
            "postcode", "state", "city", "address_1", "address_2", "company", "first_name",
            "last_name", "phone",
        ]  # fmt: skip

    def test_a_state_is_chosen_by_its_latin_name(self):
        (state,) = (one for one in postal.form("JP") if one.name == "state")
        assert ("東京都", "Tokyo") in state.choices
        assert len(state.choices) == 47

    def test_a_british_county_is_free_and_optional(self):
        (state,) = (one for one in postal.form("GB") if one.name == "state")
        assert (state.required, state.choices) == (False, ())

    def test_fields_say_what_browsers_fill_in(self):
        filled = {one.name: one.autocomplete for one in postal.form("CA")}
        assert filled["postcode"] == "postal-code"
        assert filled["state"] == "address-level1"
        assert filled["phone"] == "tel"

    def test_an_unknown_country_has_no_form(self):
        with pytest.raises(KeyError):
            postal.form("ZZ")


class TestNormalised:
    @pytest.mark.parametrize(
        ("country", "state", "postcode"),
        [
            ("CA", "ON", "K1A 0B1"),
            ("US", "CA", "90210"),
            ("GB", "Kent", "SW1A 1AA"),
            ("FR", "", "75001"),
            ("DE", "", "80331"),
            ("JP", "東京都", "100-0001"),
            ("IE", "Co. Dublin", "D02 X285"),
            ("IN", "Maharashtra", "400001"),
            ("BR", "SP", "01310-100"),
            ("AU", "NSW", "2000"),
            ("HK", "Kowloon", ""),
            ("AE", "إمارة دبيّ", ""),
            ("MX", "Jal.", "44100"),
        ],
    )
    def test_state_and_postcode_come_in_their_usual_spelling(self, country, state, postcode):
        found = postal.normalised(address(country, country=country.lower()))
        assert (found["country"], found["state"], found["postcode"]) == (country, state, postcode)

    @pytest.mark.parametrize("state", ["ON", "on", "CA-ON", "ca-on", "ontario", " Ontario "])
    def test_a_province_may_be_given_by_name_or_code(self, state):
        assert postal.normalised(address(state=state))["state"] == "ON"

    def test_a_province_may_be_given_in_any_language_of_the_country(self):
        assert postal.normalised(address(state="Colombie-Britannique"))["state"] == "BC"
        assert postal.normalised(address("HK", state="九龍"))["state"] == "Kowloon"

    @pytest.mark.parametrize("given", ["90210-1234", "902101234", "90210 1234"])
    def test_the_four_digits_behind_a_zip_code_are_kept(self, given):
        assert postal.normalised(address("US", postcode=given))["postcode"] == "90210-1234"

    @pytest.mark.parametrize(
        ("country", "given", "usual"),
        [
            ("GB", "bfpo61", "BFPO 61"),
            ("GB", "M2 5BQ", "M2 5BQ"),
            ("JP", "〒１００－０００１", "100-0001"),
            ("CA", "k1a-0b1", "K1A 0B1"),
        ],
    )
    def test_postcodes_are_understood_however_they_are_typed(self, country, given, usual):
        assert postal.normalised(address(country, postcode=given))["postcode"] == usual

    def test_a_state_is_blank_where_the_country_has_none(self):
        assert postal.normalised(address("FR", state="Île-de-France"))["state"] == ""

    def test_a_state_that_only_shops_keep_is_kept(self):
        found = postal.normalised(address("DE", country="ZA", state="GP", postcode="2196"))
        assert (found["state"], found["postcode"]) == ("GP", "2196")

    def test_texts_lose_white_space_and_control_characters(self):
        found = postal.normalised(address(address_1="  1\tMain\n\u202e  Street\x00 ", company=None))
        assert (found["address_1"], found["company"]) == ("1 Main Street", "")

    def test_a_company_stands_in_for_a_last_name(self):
        assert postal.normalised(address(last_name="", company="Acme"))["company"] == "Acme"

    def test_what_is_left_out_is_blank(self):
        assert set(postal.normalised(address())) == {
            "first_name", "last_name", "company", "address_1", "address_2", "city", "state",
            "postcode", "country", "email", "phone",
        }  # fmt: skip


class TestErrors:
    def test_all_that_is_wrong_is_said_at_once(self):
        wrong = dict.fromkeys(("last_name", "address_1", "city", "state", "postcode"), "")
        assert errors("US", **wrong) == {
            "last_name": "Enter a last name or a company.",
            "address_1": "Enter an address.",
            "city": "Enter a city.",
            "state": "Choose a state.",
            "postcode": "Enter a ZIP code like 90210 or 90210-1234.",
        }

    @pytest.mark.parametrize(
        ("country", "state", "said"),
        [
            ("CA", "Ontaria", "Choose a province: “Ontaria” is none of Canada’s."),
            ("US", "Ontario", "Choose a state: “Ontario” is none of the United States’."),
            ("AE", "Doha", "Choose an emirate: “Doha” is none of the United Arab Emirates’."),
            ("HK", "", "Choose an area."),
        ],
    )
    def test_a_wrong_state_is_named(self, country, state, said):
        assert errors(country, state=state) == {"state": said}

    @pytest.mark.parametrize(
        ("country", "said"),
        [
            ("CA", "Enter a postal code like K1A 0B1."),
            ("GB", "Enter a postcode like SW1A 1AA."),
            ("IE", "Enter an Eircode like A65 F4E2."),
            ("IN", "Enter a PIN code like 110034."),
            ("DE", "Enter a postal code like 26133."),
        ],
    )
    def test_a_wrong_postcode_comes_with_a_right_one(self, country, said):
        assert errors(country, postcode="12") == {"postcode": said}

    def test_a_postcode_with_more_behind_it_is_none(self):
        assert list(errors("GB", postcode="SW1A 1AA 9")) == ["postcode"]

    @pytest.mark.parametrize("country", ["ZZ", "ZZZ", "all", "UK", "../"])
    def test_an_unknown_country_is_refused(self, country):
        said = f"Choose a country: “{country.upper()}” is none that we know."
        assert errors(country=country) == {"country": said}

    def test_a_country_is_asked_for(self):
        assert errors(country="", address_1="") == {
            "address_1": "Enter an address.",
            "country": "Choose a country.",
        }

    def test_a_text_that_is_too_long_is_refused(self):
        assert postal.normalised(address(address_2="x" * 255))["address_2"] == "x" * 255
        said = "Shorten this to 255 characters; it has 256."
        assert errors(address_2="x" * 256) == {"address_2": said}


class TestPlatforms:
    @pytest.mark.parametrize(
        ("country", "state", "shopify", "woocommerce"),
        [
            ("CA", "Ontario", "ON", "ON"),
            ("JP", "Tokyo", "JP-13", "JP13"),
            ("IE", "Co. Dublin", "D", "D"),
            ("IN", "Telangana", "TS", "TS"),
            ("IN", "Chhattisgarh", "CG", "CT"),
            ("IN", "Kerala", "KL", "KL"),
            ("HK", "New Territories", "NT", "NEW TERRITORIES"),
            ("MX", "Jalisco", "JAL", "JA"),
            ("MX", "Ciudad de México", "DF", "DF"),
            ("AE", "Dubai", "DU", "Dubai"),
            ("BR", "Bahia", "BA", "BA"),
            ("AU", "Victoria", "VIC", "VIC"),
            ("US", "New York", "NY", "NY"),
            ("GB", "Kent", "Kent", "Kent"),
        ],
    )
    def test_each_platform_gets_its_own_code(self, country, state, shopify, woocommerce):
        given = address(country, state=state)
        assert postal.for_platform("shopify", given)["state"] == shopify
        assert postal.for_platform("woocommerce", given)["state"] == woocommerce

    @pytest.mark.parametrize(
        ("country", "state", "shopify", "woocommerce"),
        [
            ("AR", "Córdoba", "X", "X"),
            ("CL", "Valparaíso", "VS", "CL-VS"),
            ("CN", "Guangdong", "GD", "CN20"),
            ("EG", "Cairo", "C", "EGC"),
            ("ID", "Jawa Barat", "JB", "JB"),
            ("KR", "Seoul", "KR-11", "서울특별시"),
            ("MY", "Penang", "PNG", "PNG"),
            ("NG", "Abuja", "FC", "FC"),
            ("PE", "Cuzco", "PE-CUS", "CUS"),
            ("PH", "Siquijor", "PH-SIG", "SIQ"),
            ("TH", "Bangkok", "TH-10", "TH-10"),
            ("TR", "istanbul", "İstanbul", "TR34"),
        ],
    )
    def test_other_countries_have_their_codes_as_well(self, country, state, shopify, woocommerce):
        code = states.found(country, state)
        assert states.spelled_for("shopify", country, code) == shopify
        assert states.spelled_for("woocommerce", country, code) == woocommerce

    def test_an_unknown_platform_is_refused(self):
        with pytest.raises(ValueError, match="magento"):
            postal.for_platform("magento", address())

    @pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
    def test_what_a_platform_writes_is_read_back_as_the_same_state(self, platform):
        for country in names.by_code():
            for code, _ in rules.of(country).choices:
                written = states.spelled_for(platform, country, code)
                assert states.found(country, written) == code

    def test_no_spelling_means_two_states(self):
        for country in names.by_code():
            meant = {}
            for layer in states._layers(country):
                for code, spelling in layer:
                    assert meant.setdefault(text.folded(spelling), code) == code

    def test_the_table_names_states_that_there_are(self):
        for country, rows in states.PAIRS.items():
            assert {row[0] for row in rows} <= {code for code, _ in rules.of(country).choices}
        for country, aliases in states.ALIASES.items():
            assert set(aliases.values()) <= {code for code, _ in rules.of(country).choices}


class TestComparing:
    @pytest.mark.parametrize(
        ("country", "before", "after"),
        [
            ("CA", {"state": "ON"}, {"state": "Ontario"}),
            ("CA", {"postcode": "K1A0B1"}, {"postcode": "k1a 0b1"}),
            ("CA", {"city": "OTTAWA"}, {"city": "Ottawa "}),
            ("CA", {"country": "ca"}, {"country": "CA"}),
            ("CA", {"company": None}, {}),
            ("CA", {"email": "a@example.com"}, {"email": "b@example.com"}),
            ("CA", {"phone": "+1 613-555-0100"}, {"phone": "+16135550100"}),
            ("JP", {"state": "JP13"}, {"state": "JP-13"}),
            ("IE", {"state": "Dublin"}, {"state": "D"}),
            ("MX", {"state": "DF"}, {"state": "Ciudad de México"}),
            ("AE", {"state": "DU"}, {"state": "Dubai"}),
        ],
    )
    def test_spelling_makes_no_difference(self, country, before, after):
        one, other = address(country, **before), address(country, **after)
        assert postal.same(one, other)
        assert postal.differences(one, other) == []

    @pytest.mark.parametrize(
        "part",
        [
            {"address_1": "2 Main Street"},
            {"address_1": "1 MainStreet"},
            {"address_2": "Flat 2"},
            {"state": "QC"},
            {"state": ""},
            {"postcode": "K1A 0B2"},
            {"last_name": "Byrón"},
            {"first_name": ""},
            {"company": "Acme"},
            {"phone": "1"},
        ],
    )
    def test_another_address_is_never_the_same(self, part):
        assert [one.name for one in postal.differences(address(), address(**part))] == list(part)

    def test_the_same_words_in_another_country_are_another_address(self):
        one = address("DE", country="DE")
        assert postal.differences(one, {**one, "country": "AT"}) == [
            postal.Difference(name="country", label="Country", before="Germany", after="Austria")
        ]

    def test_a_difference_is_told_as_people_read_it(self):
        before, after = address(), address(state="qc", postcode="H2X 1Y4")
        assert postal.differences(before, after) == [
            postal.Difference(name="state", label="Province", before="Ontario", after="Quebec"),
            postal.Difference(
                name="postcode", label="Postal code", before="k1a0b1", after="H2X 1Y4"
            ),
        ]

    def test_addresses_that_no_country_takes_are_compared_all_the_same(self):
        one = address(country="ZZ", state="x", postcode="1 2")
        assert postal.same(one, {**one, "postcode": "12"})
        assert not postal.same(one, {**one, "state": "y"})

    def test_a_conflict_is_what_is_no_longer_as_it_was_seen(self):
        seen = address(city="Ottawa")
        live, wanted = address(city="Toronto", state="on"), address(city="Kingston", phone="1")
        assert postal.three_way(seen, live, wanted) == [
            postal.Conflict(
                name="city", label="City", seen="Ottawa", live="Toronto", wanted="Kingston"
            )
        ]

    def test_there_is_no_conflict_where_only_the_spelling_changed(self):
        assert postal.three_way(address(), address(state="ON"), address(state="QC")) == []


# Characters that change when they are folded, joined, or written in capitals.
ODD = "aAıİßŉΐﬁ〒１٣ー- \u0301\u200b\u00ad\x00\x85\u2028"


@st.composite
def addresses(draw):
    """Addresses in all countries, in all kinds of spelling."""
    country = draw(st.sampled_from(sorted(names.by_code())))
    here = rules.of(country)
    words = st.text(max_size=20) | st.text(ODD, max_size=8)
    spellings = [spelling for layer in states._layers(country) for _, spelling in layer]
    codes = [one.replace(" ", gap) for one in here.shapes for gap in (" ", "", "-")]
    keys = ("first_name", "last_name", "company", "address_1", "address_2", "city", "phone")
    return {
        **{key: draw(words) for key in keys},
        "state": draw(st.sampled_from(spellings) if spellings else words),
        "postcode": draw(st.sampled_from(codes) if codes else words),
        "country": draw(st.sampled_from([country, country.lower()])),
    }


def valid(parts):
    """The address as it is normalised, where it can be."""
    try:
        return postal.normalised(parts)
    except postal.AddressError:
        assume(False)


class TestProperties:
    @settings(deadline=None, max_examples=300)
    @given(addresses())
    def test_what_is_normalised_stays_as_it_is(self, parts):
        found = valid(parts)
        assert postal.normalised(found) == found

    @settings(deadline=None, max_examples=300)
    @given(addresses())
    def test_normalising_changes_the_spelling_only(self, parts):
        assert postal.same(valid(parts), parts)

    @settings(deadline=None, max_examples=300)
    @given(addresses(), st.sampled_from(["shopify", "woocommerce"]))
    def test_what_a_platform_is_sent_is_the_same_address(self, parts, platform):
        valid(parts)
        assert postal.same(postal.for_platform(platform, parts), parts)

    @settings(deadline=None)
    @given(addresses() | st.dictionaries(st.sampled_from(["state", "country", "city"]), st.text()))
    def test_an_address_has_no_difference_from_itself(self, parts):
        assert postal.differences(parts, parts) == []
